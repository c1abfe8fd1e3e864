// The recount: what tables hold, beside what is counted, and the repair of what differs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { OUTSIDE, RECOUNT_SHIFT, RecountColumns, RecountWish } from "../bridge/recount.ts";
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
