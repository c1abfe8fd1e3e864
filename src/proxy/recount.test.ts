// The recount: what tables hold, beside what is counted, and the repair of what differs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { OUTSIDE, RECOUNT_SHIFT, RecountColumns, RecountWish } from "../bridge/recount.ts";
import type { Snapshot } from "../bridge/snapshot.ts";
import { CONTROL_WORDS, ControlWord } from "../bridge/worker-start.ts";
import { obeyMain } from "./orders.ts";
import { destinationAt, Rig } from "./rig-fake.ts";
import { header, request, response } from "./rig-message.ts";

let number = 0;

/** What the worker says: ringing, talking and held, by row. */
function recount(rig: Rig, wishes = 0): (row: number) => readonly [number, number, number] {
  const control = new Int32Array(CONTROL_WORDS);
  const asked = (++number << RECOUNT_SHIFT) | wishes;
  control[ControlWord.recount] = asked;
  obeyMain(rig.context, control, 0);
  assert.equal(control[ControlWord.recounted], asked);
  const { transactions, dialogs, held } = new RecountColumns(rig.context.live.memory.recounts, 0, 1);
  return (row) => [transactions[row]!, dialogs[row]!, held[row]!];
}

/** One call that rings and one that was answered on the only destination, and one that it makes itself. */
function busyRig(): { rig: Rig; hangUp: () => void } {
  const rig = new Rig();
  rig.receive(request("INVITE", { call: "ringing" }));
  const [invite] = rig.receive(request("INVITE", { call: "talking" }));
  rig.receive(response(invite!.text, 200), invite!.to);
  rig.receive(request("INVITE", { call: "out", uri: "sip:bob@192.0.2.50" }), destinationAt(0));
  const more = `Route: ${header(invite!.text, "Record-Route")}\r\n`;
  const hangUp = () => {
    const [bye] = rig.receive(request("BYE", { call: "talking", cseq: 2, toTag: "t", more }));
    rig.receive(response(bye!.text, 200), bye!.to);
  };
  return { rig, hangUp };
}

test("a recount finds every call where it is counted", () => {
  const at = recount(busyRig().rig);
  assert.deepEqual(
    [at(0), at(1), at(OUTSIDE)],
    [
      [1, 1, 2],
      [0, 0, 0],
      [1, 0, 1],
    ],
  );
});

test("a load that drifted is found, left alone without being asked, and repaired when asked", () => {
  const { rig, hangUp } = busyRig();
  const { live } = rig.context;
  live.correct(0, 0, 5);
  live.correct(0, 1, 3);
  rig.context.callsOutside += 2;
  assert.deepEqual([recount(rig)(0), live.load(0), live.load(1)], [[1, 1, 7], 7, 3]);
  recount(rig, RecountWish.repair);
  assert.deepEqual([live.load(0), live.load(1), rig.context.callsOutside], [2, 0, 1]);
  hangUp();
  rig.pass(400_000, 100);
  assert.equal(rig.held(2), "");
});

test("calls on a destination that was restarted are given up, and their late BYE finds its way and takes nothing twice", () => {
  const { rig, hangUp } = busyRig();
  const { live } = rig.context;
  new RecountColumns(live.memory.recounts, 0, 1).over[0] = 1;
  const at = recount(rig, RecountWish.release);
  assert.deepEqual([at(0), live.load(0), live.counter(0, "calls_lost")], [[1, 0, 1], 1, 1]);
  hangUp();
  assert.equal(live.load(0), 1, "the call that rings");
  rig.pass(400_000, 100);
  assert.equal(rig.held(2), "");
});

/** Both destinations have two lines, and calls that they make take one. */
function lines(snapshot: Snapshot): Snapshot {
  const [base] = snapshot.routes;
  return {
    ...snapshot,
    resources: { stride: 1, accounts: Int32Array.of(0, 1), capacities: Int32Array.of(2, 2), names: ["pstn"] },
    routes: [
      { ...base!, fromSet: 0, senderResources: 1, action: { kind: "forward", stateful: true } },
      ...snapshot.routes,
    ],
  };
}

test("a gateway that died has the lines back that calls of its own took, wherever these went, and nobody else has any", () => {
  const rig = new Rig({ destinations: 2, reshape: lines });
  const { live } = rig.context;
  live.resources.rows = 2;
  const made = (
    [
      ["out", 0, "192.0.2.50"],
      ["across", 0, "192.0.2.102"],
      ["other", 1, "192.0.2.50"],
    ] as const
  ).map(([call, from, host]) => {
    const [invite] = rig.receive(request("INVITE", { call, uri: `sip:bob@${host}` }), destinationAt(from));
    rig.receive(response(invite!.text, 200), invite!.to);
    return invite!;
  });
  const inUse = () => [live.resourceLoad(0, 0), live.resourceLoad(1, 0)];
  assert.deepEqual([inUse(), live.load(0), live.load(1)], [[2, 1], 0, 1]);
  const { over, resources, givenBack } = new RecountColumns(live.memory.recounts, 0, 1);
  over[0] = 1;
  recount(rig, RecountWish.release);
  assert.equal(givenBack[0], 2, "and it is told of how many calls");
  assert.deepEqual([inUse(), live.load(1)], [[0, 1], 1], "the one who was called still has the call");
  assert.deepEqual(
    [...resources.subarray(0, 64)].filter((drift) => drift !== 0),
    [],
    "the audit agrees",
  );
  over[0] = 0;
  rig.receive(request("INVITE", { call: "new", uri: "sip:bob@192.0.2.50" }), destinationAt(0));
  for (const [i, call] of ["out", "across"].entries()) {
    const more = `Route: ${header(made[i]!.text, "Record-Route")}\r\n`;
    const [bye] = rig.receive(request("BYE", { call, cseq: 2, toTag: "t", more }), destinationAt(0));
    rig.receive(response(bye!.text, 200), bye!.to);
  }
  assert.deepEqual([inUse(), live.load(1)], [[1, 1], 0], "a late BYE gives nothing back twice");
});
