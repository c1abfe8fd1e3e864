// Where the messages that others wrote lie: beside the project, never in it.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const CORPORA = process.env.FAIRLEAD_CORPORA ?? resolve(import.meta.dirname, "../../../shared/corpora");

/** Why the tests of this folder are skipped, or false. */
export const skip: string | false = missing();

function missing(): string | false {
  if (!existsSync(CORPORA)) return `no corpora at ${CORPORA}; FAIRLEAD_CORPORA may name another place`;
  return process.platform === "linux" ? false : "needs a whole network of loopback addresses";
}

/** The bytes of a file. */
export function readCase(path: string): Buffer {
  return readFileSync(join(CORPORA, path));
}

/** A table of verdicts. */
export function readVerdicts<T>(path: string): readonly T[] {
  return JSON.parse(readFileSync(join(CORPORA, path), "utf8")) as readonly T[];
}

/** Paths of all files in a folder and below it, in order. */
export function filesOf(folder: string): string[] {
  return readdirSync(join(CORPORA, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(CORPORA.length + 1))
    .sort();
}

/** The message as it would be on the wire: collections that are kept as text files have bare line feeds. */
export function asOnTheWire(bytes: Buffer): Buffer {
  const text = bytes.toString("latin1").replace(/^expected_error:.*\n/, "");
  return text.includes("\r\n") ? Buffer.from(text, "latin1") : Buffer.from(text.replaceAll("\n", "\r\n"), "latin1");
}
