import assert from "node:assert/strict";
import { test } from "node:test";
import { failure, lab } from "./health-fake.ts";
import type { SavedStates } from "./saved-states.ts";
import { stateOf } from "./state.ts";

/** A set of `size`, everybody active and watched, or as it was saved before a restart. */
function setOf(size: number, saved: SavedStates | null = null) {
  const made = lab();
  const slots = Array.from({ length: size }, (_, slot) => slot);
  made.registry.recallFrom(saved);
  made.registry.adopt(slots.map((slot) => made.target(slot)));
  made.registry.recallFrom(null);
  made.passive.adopt(slots.map((slot) => ({ slot, failures: 0, isProbed: true })));
  // What is configured was said long before any request.
  made.time.now = 600_000;
  const states = () => slots.map((slot) => made.state(slot));
  const enable = (slot: number) => made.registry.setState(slot, stateOf("active"), "operator: enable");
  const probed = (slot: number, outcome: "ok" | "bad") =>
    made.registry.probed(
      slot,
      { at: made.time.now, outcome, what: outcome, rtt: 1 },
      { downAfter: 9, upAfter: 1 },
      "all",
    );
  return { ...made, states, enable, probed };
}

const FOR_GOOD = { isForGood: true } as const;

test("a failure of a request that was sent before an operator enabled its destination changes nothing, later ones do", () => {
  const { passive, registry, states, enable, time } = setOf(3);
  const sent = time.now;
  registry.setState(0, stateOf("disabled"), "operator: disable");
  time.now += 500;
  enable(0);
  // One that never was away may be spoken for as well.
  enable(1);
  time.now += 1_500;
  for (const slot of [0, 1]) {
    passive.mark(slot, failure(0, time, { ...FOR_GOOD, sent }));
    passive.mark(slot, failure(503, time, { sent }));
  }
  time.now += 100;
  passive.poll();
  assert.deepEqual(states(), ["active", "active", "active"]);
  passive.mark(0, failure(503, time, { sent: sent + 501 }));
  assert.deepEqual(states(), ["inactive", "active", "active"]);
});

test("an enabling in the configuration counts as an operator's", () => {
  const { passive, registry, target, state, time } = setOf(2);
  registry.adopt([target(0, { state: stateOf("disabled") }), target(1)]);
  const sent = time.now;
  time.now += 10;
  registry.adopt([target(0), target(1)]);
  passive.mark(0, failure(503, time, { sent }));
  assert.equal(state(0), "active");
});

test("where nobody of a set answers, nobody is disabled for that: one stays in use, the others are probed", () => {
  const { passive, states, probed, time } = setOf(6);
  for (let slot = 0; slot < 6; slot++) {
    const sent = time.now;
    time.now += 2_000;
    passive.mark(slot, failure(0, time, { ...FOR_GOOD, sent }));
    passive.poll();
  }
  assert.deepEqual(states(), ["inactive", "inactive", "inactive", "inactive", "inactive", "active"]);
  time.now += 1_000;
  passive.poll();
  for (const slot of [0, 1, 2, 3, 4]) probed(slot, "ok");
  passive.poll();
  assert.deepEqual(states(), ["active", "active", "active", "active", "active", "active"]);
});

test("who is silent alone is disabled: another one answered a request meanwhile, a probe, or the next try", () => {
  for (const [answer, when] of [
    ["request", 1_000],
    ["probe", 1_000],
    ["request", 2_400],
    ["probe", 2_400],
  ] as const) {
    const { live, passive, registry, states, probed, time } = setOf(3);
    const sent = time.now;
    const speak = () => (answer === "probe" ? probed(2, "ok") : live.silences.end(2, time.now));
    for (let past = 0; past < 3_000; past += 100) {
      if (past === when) speak();
      if (past === 2_000) passive.mark(0, failure(0, time, { ...FOR_GOOD, sent }));
      passive.poll();
      time.now += 100;
    }
    assert.deepEqual(states(), ["disabled", "active", "active"], `${answer} after ${when}`);
    assert.equal(registry.get(0)?.reason, "marked by a route: no answer, until it is enabled");
  }
});

test("an answer before the request was sent, or long after its silence, says nothing about whose the silence is", () => {
  const { live, passive, states, probed, time } = setOf(3);
  live.silences.end(1, time.now - 1);
  probed(2, "ok");
  time.now += 1;
  const sent = time.now;
  time.now += 2_000;
  passive.mark(0, failure(0, time, { ...FOR_GOOD, sent }));
  passive.poll();
  time.now += 1_000;
  passive.poll();
  live.silences.end(1, time.now);
  passive.poll();
  assert.deepEqual(states(), ["inactive", "active", "active"]);
});

test("who comes back before somebody else is heard is not disabled for the silence before", () => {
  const { live, passive, states, enable, time } = setOf(3);
  passive.mark(0, failure(0, time, FOR_GOOD));
  enable(0);
  time.now += 100;
  passive.poll();
  live.silences.end(1, time.now);
  passive.poll();
  assert.deepEqual(states(), ["active", "active", "active"]);
});

test("a code disables no more of a set than leaves half of it, the others are inactive, and the last usable one stays", () => {
  const { passive, registry, states, time } = setOf(6);
  // Who is away by somebody's word does not count.
  registry.setState(5, stateOf("draining"), "operator: drain");
  const fail = (slot: number) => passive.mark(slot, failure(500, time, FOR_GOOD));
  for (const slot of [0, 1, 2, 3, 4]) fail(slot);
  assert.deepEqual(states(), ["disabled", "disabled", "inactive", "inactive", "active", "draining"]);
});

test("what marks had disabled before a restart counts as disabled by marks", () => {
  const before = setOf(6);
  for (const slot of [0, 1, 2]) before.passive.mark(slot, failure(500, before.time, FOR_GOOD));
  assert.deepEqual(before.states(), ["disabled", "disabled", "disabled", "active", "active", "active"]);
  const file = JSON.stringify(before.registry.save());
  const { passive, registry, states, time } = setOf(6, JSON.parse(file) as SavedStates);
  assert.equal(JSON.stringify(registry.save()), file);
  passive.mark(3, failure(500, time, FOR_GOOD));
  assert.deepEqual(states(), ["disabled", "disabled", "disabled", "inactive", "active", "active"]);
});

test("whom a mark had disabled counts so wherever its row is then", () => {
  const { passive, registry, target, state, time } = setOf(5);
  const fail = (slot: number) => passive.mark(slot, failure(500, time, FOR_GOOD));
  fail(0);
  const { uri, name } = target(0);
  registry.adopt([target(9, { uri, name }), ...[1, 2, 3, 4].map((slot) => target(slot))]);
  fail(1);
  fail(2);
  assert.deepEqual(
    [9, 1, 2].map((slot) => state(slot)),
    ["disabled", "disabled", "inactive"],
  );
});

test("whom a mark had disabled is away by a person's word as soon as one has said so, and so is a later one in its slot", () => {
  for (const way of ["enabled, then disabled", "disabled as it is", "another destination"]) {
    const { passive, registry, target, states, enable, time } = setOf(5);
    const fail = (slot: number) => passive.mark(slot, failure(500, time, FOR_GOOD));
    fail(0);
    if (way === "another destination") {
      const others = [1, 2, 3, 4].map((slot) => target(slot));
      registry.adopt(others);
      registry.adopt([target(0, { uri: "sip:10.0.1.0", state: stateOf("disabled") }), ...others]);
    } else {
      if (way === "enabled, then disabled") enable(0);
      registry.setState(0, stateOf("disabled"), "operator: disable");
    }
    for (const slot of [1, 2, 3]) fail(slot);
    assert.deepEqual(states(), ["disabled", "disabled", "disabled", "inactive", "active"], way);
  }
});

test("with two destinations one may be disabled; who is enabled again may be, too", () => {
  const { passive, states, enable, time } = setOf(2);
  passive.mark(0, failure(500, time, FOR_GOOD));
  passive.mark(1, failure(500, time, FOR_GOOD));
  assert.deepEqual(states(), ["disabled", "active"]);
  enable(0);
  time.now += 1;
  passive.mark(1, failure(500, time, FOR_GOOD));
  assert.deepEqual(states(), ["active", "disabled"]);
});

test("a mark that takes several failures is made at the last of them, if none is a minute after the one before", () => {
  const { passive, registry, state, time } = setOf(2);
  const fail = (after: number) => passive.mark(0, failure(500, time, { after }));
  for (const pause of [0, 60_000, 60_001, 60_000]) {
    time.now += pause;
    fail(3);
    assert.equal(state(0), "active");
  }
  time.now += 1;
  fail(3);
  assert.equal(state(0), "inactive");
  assert.equal(registry.get(0)?.reason, "marked by a route: 500, as the last of 3 failures");
});

test("a good probe and an operator's word begin the count of failures anew, a bad probe does not", () => {
  const { passive, state, probed, enable, time } = setOf(2);
  const fail = () => {
    time.now += 1;
    passive.mark(0, failure(500, time, { after: 2 }));
  };
  for (const anew of [() => probed(0, "ok"), () => enable(0)]) {
    fail();
    time.now += 1;
    anew();
    fail();
    assert.equal(state(0), "active");
    time.now += 1;
    anew();
  }
  fail();
  time.now += 1;
  probed(0, "bad");
  fail();
  assert.equal(state(0), "inactive");
});
