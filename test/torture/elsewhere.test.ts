// The test messages of other projects and what was caught in the field: no outcome is asked for, but nothing may break.
import assert from "node:assert/strict";
import { test } from "node:test";
import { asOnTheWire, filesOf, readCase, skip } from "./corpora.ts";
import { Ground } from "./ground.ts";

const FOLDERS = [
  "kamailio-test-sip",
  "sofia-sip-tests",
  "libosip2-res",
  "literal-messages",
  "sipgo-fuzz/raw",
  "pcap/raw",
  "jsip-torture/raw",
  "pjsip-fuzz-seeds",
  "profuzzbench-sip",
  "sip.js-extra",
  "opensips-fuzz-dict",
  "rfc5118/archive",
  "handmade",
];
const MAX_DATAGRAM = 65_507;
/** Cases sent at once, before a valid call. */
const AT_ONCE = 5;

for (const [place, forwarding, wire] of [
  [6, "stateful", "udp"],
  [7, "stateless", "udp"],
  [14, "stateful", "tcp"],
] as const) {
  test(`messages of other projects: calls go on [${forwarding}, ${wire}]`, { skip, timeout: 80_000 }, async () => {
    const cases = FOLDERS.flatMap(filesOf)
      .map((file) => asOnTheWire(readCase(file)))
      .filter((bytes) => bytes.length <= MAX_DATAGRAM);
    const ground = await Ground.open({ place, forwarding, wire });
    let sent = 0;
    try {
      while (sent < cases.length) {
        for (const bytes of cases.slice(sent, sent + AT_ONCE)) {
          await ground.send(bytes);
          sent++;
        }
        await ground.serves();
      }
      await ground.addsUp();
    } finally {
      await ground.close();
    }
    console.log(`messages of other projects, ${forwarding}, ${wire}: ${sent} sent, calls served throughout`);
    assert.ok(sent > 1000, `only ${sent} cases`);
  });
}
