// PROTOS c07-sip: 249 INVITEs, each broken in its own way. Nothing is asked of them but that calls go on.
import assert from "node:assert/strict";
import { test } from "node:test";
import { filesOf, readCase, skip } from "./corpora.ts";
import { Ground } from "./ground.ts";

for (const [place, wire] of [
  [5, "udp"],
  [13, "tcp"],
  [23, "ws"],
] as const) {
  const title = `PROTOS: after each of 249 broken INVITEs a valid one is served [${wire}]`;
  test(title, { skip, timeout: 80_000 }, async () => {
    const files = filesOf("protos-c07-sip/sample").filter((file) => file.endsWith(".raw"));
    const ground = await Ground.open({ place, forwarding: "stateful", wire });
    let served = 0;
    try {
      for (const file of files) {
        await ground.send(readCase(file));
        await ground.serves();
        served++;
      }
      await ground.addsUp();
    } finally {
      await ground.close();
    }
    console.log(`PROTOS, ${wire}: after ${served} of ${files.length} cases a valid INVITE was served`);
    assert.equal(served, 249);
  });
}
