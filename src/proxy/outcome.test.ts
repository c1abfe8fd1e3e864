// Which answers and which silence are held against a destination.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Rig } from "./rig-fake.ts";
import { request, response } from "./rig-message.ts";

test("501, 505 and 513 are those of a server that works: whoever calls can ask for them", () => {
  const rig = new Rig();
  for (const [i, status] of [501, 505, 513, 500, 599].entries()) {
    const [sent] = rig.receive(request("FOO", { call: `c-${i}` }));
    rig.receive(response(sent!.text, status), sent!.to);
  }
  const { live } = rig.context;
  assert.deepEqual([live.counter(0, "new_answered"), live.counter(0, "new_failed")], [3, 2]);
});
