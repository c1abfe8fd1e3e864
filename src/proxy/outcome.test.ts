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

test("a mark says whether it is for good, how many of them it takes, and when the request was sent", () => {
  for (const [markAs, forGood] of [
    ["inactive", 0],
    ["disabled", 1],
  ] as const) {
    const failover = { codes: [500], marks: [500], markAs, markAfter: 3, marksTimeout: true, answerWithin: 900 };
    const rig = new Rig({ destinations: 3, failover });
    rig.context.skew = 70_000;
    const told: number[][] = [];
    const push = rig.context.toMain.push.bind(rig.context.toMain);
    rig.context.toMain.push = (kind, slot, status, peer, peerAt, local, localAt, ...rest) => {
      const [sent = 0, isForGood = 0, after = 0] = local.subarray(localAt);
      if (kind === RecordKind.marked) told.push([status, sent - 70_000, isForGood, after]);
      return push(kind, slot, status, peer, peerAt, local, localAt, ...rest);
    };
    rig.pass(5_000, 100);
    const begun = rig.context.now;
    const [sent] = rig.receive(request("INVITE"));
    rig.pass(400, 100);
    rig.receive(response(sent!.text, 500), sent!.to);
    rig.pass(1_000, 100);
    const second = begun + 400;
    assert.deepEqual(told, [
      [500, begun, forGood, 3],
      [0, second, forGood, 3],
    ]);
  }
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

/** Failures in a row of the only destination after requests `[method, from]` that it is silent to. */
function rowAfter(requests: readonly (readonly [method: string, from: string])[], answers = false): number {
  const rig = new Rig({ failover: { onTimeout: false } });
  for (const [i, [method, from]] of requests.entries()) rig.receive(request(method, { call: `silent-${i}` }), from);
  rig.pass(1_000, 100);
  if (answers) {
    const [sent] = rig.receive(request("INVITE", { call: "honest" }));
    rig.receive(response(sent!.text, 486), sent!.to);
  }
  rig.pass(33_000, 100);
  return rig.context.live.failures(0);
}

test("what a caller has its calls refused with is held against no destination unless the caller is trusted; failures are, whoever calls", () => {
  const notTaken = (trusted: readonly string[]) => {
    const rig = new Rig({ trusted });
    for (const [i, status] of [404, 480, 486, 488, 603, 487, 407, 500, 503, 501].entries()) {
      const [sent] = rig.receive(request("INVITE", { call: `c-${i}` }), "192.0.2.77:5060");
      rig.receive(response(sent!.text, status), sent!.to);
    }
    return rig.context.live.counter(0, "calls_not_taken");
  };
  assert.equal(notTaken([]), 2);
  assert.equal(notTaken(["192.0.2.77"]), 8);
});

test("nine MESSAGEs of one stranger to a phone that is not there make no row of silences, those of two callers do", () => {
  const of = (...hosts: number[]) => hosts.map((host, i) => ["MESSAGE", `192.0.2.${host}:${5060 + i}`] as const);
  assert.equal(rowAfter(of(7, 7, 7, 7, 7, 7, 7, 7, 7)), 1);
  assert.equal(rowAfter(of(7, 8, 7)), 3);
});

test("a destination that is silent to everybody is found by its calls, whoever makes them", () => {
  const from = "192.0.2.7:5060";
  for (const method of ["INVITE", "REGISTER"])
    assert.equal(rowAfter([method, method, method].map((one) => [one, from] as const)), 3, method);
});

test("silence does not count against who has answered somebody else meanwhile: it is not the destination that is silent", () => {
  const nine = Array.from({ length: 9 }, (_, i) => ["INVITE", `192.0.2.${20 + i}:5060`] as const);
  assert.equal(rowAfter(nine), 9);
  assert.equal(rowAfter(nine, true), 0);
});
