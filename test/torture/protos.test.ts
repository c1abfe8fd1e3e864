// PROTOS c07-sip: 249 INVITEs, each broken in its own way. Nothing is asked of them but that calls go on.
import assert from "node:assert/strict";
import { test } from "node:test";
import { filesOf, readCase, skip } from "./corpora.ts";
import { Ground } from "./ground.ts";

test("PROTOS: after each of 249 broken INVITEs a valid one is served", { skip, timeout: 80_000 }, async () => {
  const files = filesOf("protos-c07-sip/sample").filter((file) => file.endsWith(".raw"));
  const ground = await Ground.open({ place: 5, forwarding: "stateful" });
  let served = 0;
  try {
    for (const file of files) {
      await ground.listensFor(readCase(file));
      await ground.send(readCase(file));
      await ground.serves();
      served++;
    }
    await ground.addsUp();
  } finally {
    await ground.close();
  }
  console.log(`PROTOS: after ${served} of ${files.length} cases a valid INVITE was served`);
  assert.equal(served, 249);
});
