// Which answers and which silence are held against a destination.
import assert from "node:assert/strict";
import { test } from "node:test";
import { RecordKind } from "../bridge/handoff.ts";
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

test("silence to an INVITE or a REGISTER is a destination's; to what waits for a phone it neither marks nor counts", () => {
  const silent = (method: string) => {
    const rig = new Rig({ destinations: 2, failover: { marksTimeout: true, onTimeout: false } });
    const marked: number[] = [];
    const push = rig.context.toMain.push.bind(rig.context.toMain);
    rig.context.toMain.push = (kind, slot, ...rest) => {
      if (kind === RecordKind.marked) marked.push(slot);
      return push(kind, slot, ...rest);
    };
    rig.receive(request(method));
    rig.pass(33_000, 100);
    const { live } = rig.context;
    return [marked.length, live.counter(0, "new_unanswered") + live.counter(1, "new_unanswered")];
  };
  for (const method of ["INVITE", "REGISTER"]) assert.deepEqual(silent(method), [1, 1], method);
  for (const method of ["MESSAGE", "OPTIONS", "FOO"]) assert.deepEqual(silent(method), [0, 0], method);
});
