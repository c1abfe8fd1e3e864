// Branches of a request that went to several destinations, when it is decided without them: CANCEL, ACK, and what they were counted as.
import assert from "node:assert/strict";
import { test } from "node:test";
import { brief, forked, only, parallel } from "./fork-fake.ts";
import { CALLER, type Left } from "./rig-fake.ts";
import { request, response } from "./rig-message.ts";

test("6xx to a request that is no INVITE cancels nobody: CANCEL is for INVITE (RFC 3261 9.1)", () => {
  const rig = parallel();
  const sent = rig.receive(request("MESSAGE"));
  rig.receive(response(sent[1]!.text, 100), sent[1]!.to);
  rig.receive(response(sent[0]!.text, 603), sent[0]!.to);
  rig.receive(response(sent[2]!.text, 100), sent[2]!.to);
  assert.equal(only(rig.left, "CANCEL").length, 0);
  rig.receive(response(sent[1]!.text, 404), sent[1]!.to);
  assert.deepEqual(brief(rig.receive(response(sent[2]!.text, 404), sent[2]!.to)), [`603 ${CALLER}`]);
});

test("who gave up hears 487, whatever a branch had said before that", () => {
  const { rig, sent } = forked({ destinations: 2 });
  rig.receive(response(sent[0]!.text, 404), sent[0]!.to);
  rig.receive(response(sent[1]!.text, 180), sent[1]!.to);
  rig.receive(request("CANCEL"));
  assert.deepEqual(brief(rig.receive(response(sent[1]!.text, 487), sent[1]!.to)), [
    `ACK ${sent[1]!.to}`,
    `487 ${CALLER}`,
  ]);
  rig.pass(4 * 3_600_000, 1000);
  assert.equal(rig.held(), "");
});

test("an answer after the caller's CANCEL is passed on all the same", () => {
  const { rig, sent } = forked({ destinations: 2 });
  rig.receive(response(sent[1]!.text, 180), sent[1]!.to);
  rig.receive(request("CANCEL"));
  assert.deepEqual(brief(rig.receive(response(sent[1]!.text, 200), sent[1]!.to)), [`200 ${CALLER}`]);
});

test("with a full table of dialogs, and by a 2xx without a To tag, who lost is no call any more", () => {
  for (const hasTag of [true, false]) {
    const { rig, sent } = forked(hasTag ? { dialogs: 1 } : {});
    if (hasTag) rig.context.dialogs.create(1, 1);
    const answer = response(sent[1]!.text, 200);
    rig.receive(hasTag ? answer : answer.replace(";tag=t", ""), sent[1]!.to);
    assert.deepEqual(
      [0, 1, 2].map((slot) => rig.context.live.load(slot)),
      [0, 1, 0],
      hasTag ? "full table" : "no tag",
    );
  }
});

test("a loser that rings late and ends later than the transaction would still gets its ACK", () => {
  const { rig, sent } = forked({ destinations: 2 });
  const [first, second] = sent as [Left, Left];
  rig.receive(response(first.text, 200, "a"), first.to);
  rig.pass(31_000);
  assert.deepEqual(brief(rig.receive(response(second.text, 180, "b"), second.to)), [`CANCEL ${second.to}`]);
  rig.pass(5000);
  const cancel = only(rig.left, "CANCEL").at(-1)!;
  rig.receive(response(cancel.text, 200, "b"), second.to);
  rig.pass(5000);
  assert.deepEqual(brief(rig.receive(response(second.text, 487, "b"), second.to)), [`ACK ${second.to}`]);
  assert.equal(rig.counter("dropped_unmatched_response"), 0);
  rig.pass(4 * 3_600_000, 1000);
  assert.equal(rig.held(), "");
});

test("a loser that never ends keeps the transaction for 64 * T1 after its CANCEL, and no longer", () => {
  const { rig, sent } = forked({ destinations: 2 });
  rig.receive(response(sent[0]!.text, 200, "a"), sent[0]!.to);
  rig.pass(31_000);
  rig.receive(response(sent[1]!.text, 180, "b"), sent[1]!.to);
  rig.pass(31_900);
  assert.equal(rig.context.transactions.count, 1);
  rig.pass(300);
  assert.equal(rig.context.transactions.count, 0);
  assert.equal(rig.context.branches.count, 0);
});

test("with a short linger, too, a loser that rings late gets its CANCEL and its ACK", () => {
  const { rig, sent } = forked({ destinations: 2, timers: { linger: 1000 } });
  const [first, second] = sent as [Left, Left];
  rig.receive(response(first.text, 200, "a"), first.to);
  rig.pass(3000);
  assert.deepEqual(brief(rig.receive(response(second.text, 180, "b"), second.to)), [`CANCEL ${second.to}`]);
  rig.pass(3000);
  assert.deepEqual(brief(rig.receive(response(second.text, 487, "b"), second.to)), [`ACK ${second.to}`]);
});
