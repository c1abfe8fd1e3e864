// Requests that go to all destinations of a set at once and have a further set: when they move on, and who is waited for.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { DestinationState } from "../dispatch/types.ts";
import { brief, only, parallel, twoSets } from "./fork-fake.ts";
import { CALLER, destinationAt, type RigOptions } from "./rig-fake.ts";
import { kind, request, response } from "./rig-message.ts";

test("when all of a set have failed in a way that moves on, the next set follows: all of it, or one after the other", () => {
  for (const [second, next] of [
    ["parallel", [2, 3]],
    ["priority", [2]],
  ] as const) {
    const rig = twoSets(second);
    const sent = rig.receive(request("INVITE"));
    assert.deepEqual(
      sent.map(({ to }) => to),
      [0, 1].map(destinationAt),
    );
    assert.deepEqual(brief(rig.receive(response(sent[0]!.text, 503), sent[0]!.to)), [`ACK ${destinationAt(0)}`]);
    const left = rig.receive(response(sent[1]!.text, 480), sent[1]!.to);
    assert.deepEqual(brief(left), [`ACK ${destinationAt(1)}`, ...next.map((slot) => `INVITE ${destinationAt(slot)}`)]);
    assert.equal(rig.counter("failovers_code"), 1);
    const last = left.at(-1)!;
    const answers = brief(rig.receive(response(last.text, 200), last.to));
    assert.ok(answers.includes(`200 ${CALLER}`));
    rig.pass(4 * 3_600_000, 1000);
    assert.equal(rig.held(4), "");
  }
});

test("silence of a whole set moves on after answer_within; the best answer of a set that is none to move on by ends it", () => {
  const rig = twoSets("parallel");
  rig.receive(request("INVITE"));
  assert.deepEqual(
    [...new Set(only(rig.pass(2100), "INVITE").map(({ to }) => to))].sort(),
    [0, 1, 2, 3].map(destinationAt),
  );
  const busy = twoSets("parallel");
  const sent = busy.receive(request("INVITE"));
  busy.receive(response(sent[0]!.text, 480), sent[0]!.to);
  assert.deepEqual(brief(busy.receive(response(sent[1]!.text, 404), sent[1]!.to)), [
    `ACK ${destinationAt(1)}`,
    `404 ${CALLER}`,
  ]);
});

test("who only rings is cancelled when ring_limit is over, and the next set follows when that is so of all", () => {
  const rig = twoSets("priority", { ringLimit: 5000, onRingTimeout: true });
  const sent = rig.receive(request("INVITE"));
  for (const { text, to } of sent) {
    rig.receive(response(text, 180, to), to);
    rig.pass(1000);
  }
  const left = rig.pass(5000);
  assert.deepEqual(brief(left.filter(({ text }) => kind(text) !== "INVITE")).slice(0, 1), [
    `CANCEL ${destinationAt(0)}`,
  ]);
  assert.deepEqual(only(left, "INVITE").map(({ to }) => to)[0], destinationAt(2));
  assert.equal(rig.counter("failovers_timeout"), 1);
});

test("who says nothing within answer_within keeps the call while another rings, and may ring yet", () => {
  const rig = twoSets("parallel", { afterProvisional: true });
  const [first, second] = rig.receive(request("INVITE"));
  rig.receive(response(first!.text, 180, "a"), first!.to);
  const copies = rig.pass(2100);
  assert.ok(copies.length > 0);
  assert.deepEqual([...new Set(brief(copies))], [`INVITE ${second!.to}`], "only repetitions to who is silent");
  assert.deepEqual(brief(rig.receive(response(second!.text, 180, "b"), second!.to)), [`180 ${CALLER}`]);
  assert.deepEqual(brief(rig.receive(response(second!.text, 603), second!.to)).sort(), [
    `ACK ${second!.to}`,
    `CANCEL ${first!.to}`,
  ]);
  assert.deepEqual(brief(rig.receive(response(first!.text, 487), first!.to)), [`ACK ${first!.to}`, `603 ${CALLER}`]);
  rig.pass(4 * 3_600_000, 1000);
  assert.equal(rig.held(4), "");
});

test("who was silent is given up when the others have failed in a way that moves on, and waited for otherwise", () => {
  const rig = twoSets("priority");
  const [first, second] = rig.receive(request("INVITE"));
  rig.receive(response(first!.text, 100), first!.to);
  assert.equal(only(rig.pass(2500), "INVITE").filter(({ to }) => to !== second!.to).length, 0);
  assert.deepEqual(brief(rig.receive(response(first!.text, 503), first!.to)), [
    `ACK ${first!.to}`,
    `INVITE ${destinationAt(2)}`,
  ]);
  assert.deepEqual([rig.context.live.load(1), rig.context.live.load(2)], [0, 1]);
  assert.deepEqual(brief(rig.receive(response(second!.text, 180), second!.to)), [`CANCEL ${second!.to}`]);
  const waits = twoSets("priority");
  const [busy, late] = waits.receive(request("INVITE"));
  waits.receive(response(busy!.text, 100), busy!.to);
  waits.pass(2500);
  assert.deepEqual(brief(waits.receive(response(busy!.text, 404), busy!.to)), [`ACK ${busy!.to}`]);
  assert.equal(waits.context.live.load(1), 1);
  assert.deepEqual(brief(waits.receive(response(late!.text, 200), late!.to)), [`200 ${CALLER}`]);
  assert.deepEqual(
    [0, 1, 2, 3].map((slot) => waits.context.live.load(slot)),
    [0, 1, 0, 0],
  );
});

test("who never says anything counts as one timeout, and the caller hears 408 or what the others said when Timer B ends", () => {
  const rig = twoSets("priority", { onTimeout: true });
  const [first] = rig.receive(request("INVITE"));
  rig.receive(response(first!.text, 180), first!.to);
  rig.pass(31_000);
  assert.equal(rig.context.live.counter(1, "timeouts"), 1);
  assert.deepEqual(brief(rig.receive(response(first!.text, 486), first!.to)), [`ACK ${first!.to}`]);
  assert.deepEqual(brief(rig.pass(1200)), [`486 ${CALLER}`]);
  assert.equal(rig.context.live.counter(1, "timeouts"), 1);
});

/** What the guide's group that goes on to voicemail says. */
function groupOfGuide(): RigOptions["failover"] {
  const guide = readFileSync(new URL("../../docs/guide/failover.md", import.meta.url), "utf8");
  const said = /failover: \{on: \[(.*)\], after_provisional: (\w+), ring_limit: (\d+)s\}\n {2}voicemail:/.exec(guide);
  assert.ok(said, "the guide shows a group with voicemail");
  const on = said[1]!.split(", ");
  return {
    codes: on.map(Number).filter((code) => code > 0),
    onTimeout: on.includes("timeout"),
    onRingTimeout: on.includes("ring_timeout"),
    onTransportError: on.includes("transport_error"),
    afterProvisional: said[2] === "true",
    ringLimit: Number(said[3]) * 1000,
  };
}

test("a group whose phones only ring is left for the voicemail when ring_limit is over, one that is switched off or not", () => {
  const failover = groupOfGuide();
  for (const second of ["rings", "is off", "is busy"]) {
    const rig = twoSets("priority", failover);
    const sent = rig.receive(request("INVITE"));
    rig.receive(response(sent[0]!.text, 180, "a"), sent[0]!.to);
    if (second === "rings") rig.receive(response(sent[1]!.text, 180, "b"), sent[1]!.to);
    if (second === "is busy") rig.receive(response(sent[1]!.text, 486), sent[1]!.to);
    assert.equal(only(rig.pass(19_900), "INVITE").filter(({ to }) => to === destinationAt(2)).length, 0, second);
    const left = rig.pass(200);
    assert.ok(brief(left).includes(`CANCEL ${sent[0]!.to}`), second);
    const voicemail = left.find(({ to }) => to === destinationAt(2))!;
    assert.equal(kind(voicemail.text), "INVITE", second);
    assert.ok(brief(rig.receive(response(voicemail.text, 200, "v"), voicemail.to)).includes(`200 ${CALLER}`), second);
    rig.pass(4 * 3_600_000, 1000);
    assert.equal(rig.held(4), "");
  }
});

test("somebody rings and somebody is silent: what ends that is ring_timeout, not silence", () => {
  const rig = twoSets("priority", { onTimeout: false, onRingTimeout: true, ringLimit: 40_000 });
  const [first] = rig.receive(request("INVITE"));
  rig.receive(response(first!.text, 180), first!.to);
  rig.pass(41_000);
  assert.deepEqual(only(rig.left, "INVITE").at(-1)?.to, destinationAt(2));
});

test("who stands by for others does not ring with them, but after them, one at a time", () => {
  const rig = parallel({
    destinations: 4,
    failover: { codes: [503], tries: 4 },
    reshape: (snapshot) => ({ ...snapshot, sets: snapshot.sets.map((set) => ({ ...set, hasStandby: true })) }),
  });
  for (const slot of [2, 3]) rig.context.live.setState(slot, DestinationState.standby);
  const sent = rig.receive(request("INVITE"));
  assert.deepEqual(
    sent.map(({ to }) => to),
    [0, 1].map(destinationAt),
  );
  rig.receive(response(sent[0]!.text, 503), sent[0]!.to);
  const [, third] = rig.receive(response(sent[1]!.text, 503), sent[1]!.to);
  assert.deepEqual(brief([third!]), [`INVITE ${destinationAt(2)}`]);
  assert.deepEqual(brief(rig.receive(response(third!.text, 503), third!.to)), [
    `ACK ${destinationAt(2)}`,
    `INVITE ${destinationAt(3)}`,
  ]);
});

test("who is silent does not hold up the 487 of a caller that has given up", () => {
  for (const when of ["before", "after"]) {
    const rig = twoSets("priority");
    const [first, second] = rig.receive(request("INVITE"));
    rig.receive(response(first!.text, 180), first!.to);
    rig.pass(when === "before" ? 1000 : 2500);
    rig.receive(request("CANCEL"));
    const ended = rig.receive(response(first!.text, 487), first!.to);
    const left = when === "before" ? [...ended, ...only(rig.pass(1100), "487")] : ended;
    assert.deepEqual(brief(left), [`ACK ${first!.to}`, `487 ${CALLER}`], when);
    assert.deepEqual(brief(rig.receive(response(second!.text, 180), second!.to)), [`CANCEL ${second!.to}`], when);
  }
});
