// Datagrams that others wrote, as seeds: what lies in the corpora beside the project, when they are there.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const CORPORA = process.env.FAIRLEAD_CORPORA ?? resolve(import.meta.dirname, "../../../shared/corpora");
const FOLDERS = [
  "handmade",
  "rfc4475/messages",
  "rfc5118/wire",
  "jsip-torture/raw",
  "kamailio-test-sip",
  "libosip2-res",
  "literal-messages",
  "pcap/raw",
  "pjsip-fuzz-seeds",
  "profuzzbench-sip",
  "protos-c07-sip/sample",
  "sip.js-extra",
  "sipgo-fuzz/raw",
  "sofia-sip-tests",
];
const LARGEST = 65_507;

/** All files, with line ends as on the wire; none when the corpora are not there. */
export function readCorpus(): readonly Uint8Array[] {
  const seeds: Uint8Array[] = [];
  for (const folder of FOLDERS.map((name) => join(CORPORA, name)).filter(existsSync)) {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const paths = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
    for (const path of paths) {
      const text = readFileSync(path, "latin1").replace(/^expected_error:.*\n/, "");
      const wire = text.includes("\r\n") ? text : text.replaceAll("\n", "\r\n");
      seeds.push(Buffer.from(wire.slice(0, LARGEST), "latin1"));
    }
  }
  return seeds;
}
