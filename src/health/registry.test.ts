import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { failure, lab } from "./health-fake.ts";
import { PassiveHealth } from "./passive.ts";
import { stateOf } from "./state.ts";

describe("health over a reload", () => {
  it("keeps states, reasons and since when", () => {
    const { registry, target, state, time } = lab();
    registry.adopt([target(0), target(1)]);
    registry.setState(1, stateOf("draining"), "operator: maintenance");
    time.now = 5000;
    registry.adopt([target(0), target(1), target(2)]);
    assert.equal(state(1), "draining");
    assert.deepEqual([registry.get(1)?.reason, registry.get(1)?.since], ["operator: maintenance", 1000]);
    assert.equal(state(2), "active");
  });

  it("follows a file that says something new, and forgets what is gone", () => {
    const { registry, target, state } = lab();
    registry.adopt([target(0), target(1)]);
    registry.adopt([target(0, { state: stateOf("disabled") })]);
    assert.equal(state(0), "disabled");
    assert.equal(registry.get(1), undefined);
  });

  it("an operator's word outlives a time without an address, in the same row or another, and what probes said meanwhile", () => {
    const { registry, target, state } = lab();
    const lost = { unusable: "host name does not resolve" };
    registry.adopt([target(0), target(1, { state: stateOf("disabled") })]);
    registry.setState(0, stateOf("draining"), "operator: maintenance");
    registry.setState(1, stateOf("active"), "operator: enable");
    registry.adopt([target(0, lost), target(1, { ...lost, state: stateOf("disabled") })]);
    assert.deepEqual([state(0), state(1)], ["draining", "inactive"]);
    registry.adopt([target(0), target(1, { state: stateOf("disabled") })]);
    assert.deepEqual([state(0), state(1)], ["draining", "active"]);
    assert.equal(registry.get(0)?.reason, "operator: maintenance");
    const { uri, name } = target(0);
    registry.adopt([target(5, { uri, name }), target(6, { uri, name })]);
    assert.deepEqual([state(5), state(6)], ["draining", "draining"], "other rows of the same destination");
    registry.adopt([target(1)]);
    registry.adopt([target(7, { uri, name })]);
    assert.equal(state(7), "active", "a destination that was taken out of the configuration begins anew");
  });

  it("an operator may drain what has no address, and undo it", () => {
    const { registry, target, state } = lab();
    const lost = { unusable: "host name does not resolve" };
    registry.adopt([target(0, lost), target(1, lost)]);
    registry.setState(0, stateOf("draining"), "operator: drain");
    registry.setState(1, stateOf("draining"), "operator: drain");
    registry.setState(1, stateOf("active"), "operator: enable");
    assert.deepEqual([state(0), state(1), registry.get(1)?.reason], ["draining", "inactive", lost.unusable]);
    registry.adopt([target(0), target(1)]);
    assert.deepEqual([state(0), state(1)], ["draining", "active"]);
  });

  it("an operator's word ends when the configuration says something else about the state", () => {
    const { registry, target, state } = lab();
    registry.adopt([target(0)]);
    registry.setState(0, stateOf("draining"), "operator: drain");
    registry.adopt([target(0, { state: stateOf("disabled") })]);
    assert.equal(state(0), "disabled");
    registry.adopt([target(0)]);
    assert.deepEqual([state(0), registry.get(0)?.reason], ["active", "configuration"]);
  });

  it("a destination without an address is inactive and says why, until its name resolves", () => {
    const { registry, target, state, changes } = lab();
    registry.adopt([target(0, { unusable: "host name does not resolve" })]);
    assert.equal(state(0), "inactive");
    assert.equal(registry.get(0)?.reason, "host name does not resolve");
    registry.adopt([target(0)]);
    assert.equal(state(0), "active");
    assert.equal(changes.length, 1);
  });
});

describe("passive health", () => {
  it("three requests in a row without an answer make a destination inactive; an answer in between does not count", () => {
    const { live, registry, target, state, time, probes, passive } = lab();
    registry.adopt([target(0), target(9)]);
    passive.adopt([{ slot: 0, failures: 3, isProbed: true }]);
    live.noteFailure(0);
    live.noteFailure(0);
    passive.poll();
    live.silences.end(0, 1);
    live.noteFailure(0);
    passive.poll();
    assert.equal(state(0), "active");
    live.noteFailure(0);
    live.noteFailure(0);
    passive.poll();
    assert.equal(state(0), "inactive");
    assert.equal(registry.get(0)?.reason, "no answer to 3 requests in a row");
    assert.equal(registry.get(0)?.marked, true);
    assert.deepEqual(probes, [0], "it is probed at once");
    time.now += 3_600_000;
    passive.poll();
    assert.equal(state(0), "inactive", "probes bring it back, nothing else");
    const thresholds = { downAfter: 3, upAfter: 2 };
    registry.probed(0, { at: 0, outcome: "ok", what: "200", rtt: 1 }, thresholds, "all");
    assert.equal(state(0), "active", "the first good probe clears it: it was only suspected");
  });

  it("without probes it gets another chance after a back-off that grows with every relapse", () => {
    const { live, registry, target, state, time, passive } = lab();
    registry.adopt([target(0), target(9)]);
    passive.adopt([{ slot: 0, failures: 1, isProbed: false }]);
    live.noteFailure(0);
    passive.poll();
    assert.equal(state(0), "inactive");
    time.now += 10_000;
    passive.poll();
    assert.equal(state(0), "trying");
    live.noteFailure(0);
    passive.poll();
    assert.equal(state(0), "inactive");
    time.now += 10_000;
    passive.poll();
    assert.equal(state(0), "inactive");
    time.now += 10_000;
    passive.poll();
    assert.equal(state(0), "trying");
    live.silences.end(0, 1);
    passive.poll();
    assert.equal(state(0), "active");
    assert.equal(registry.get(0)?.reason, "answered a request");
  });

  it("what waits for a probe when probing is turned off gets its chance too", () => {
    const { live, registry, target, state, time, passive } = lab();
    registry.adopt([target(0), target(9)]);
    passive.adopt([{ slot: 0, failures: 1, isProbed: true }]);
    live.noteFailure(0);
    passive.poll();
    passive.adopt([{ slot: 0, failures: 1, isProbed: false }]);
    time.now += 10_000;
    passive.poll();
    assert.equal(state(0), "trying");
  });

  it("what probes took out gets its chance too when they end and calls begin to count", () => {
    const { live, registry, target, state, time } = lab();
    registry.adopt([target(0), target(1), target(2, { state: stateOf("inactive") })]);
    registry.probed(0, { at: 0, outcome: "bad", what: "503", rtt: 1 }, { downAfter: 1, upAfter: 1 }, "all");
    registry.setState(1, stateOf("inactive"), "operator: inactive");
    const clock = () => time.now;
    const passive = new PassiveHealth(live, registry, { now: clock, clock, shared: clock }, () => undefined);
    passive.adopt([0, 1, 2].map((slot) => ({ slot, failures: 1, isProbed: false })));
    time.now += 10_000;
    passive.poll();
    assert.deepEqual([state(0), state(1), state(2)], ["trying", "inactive", "inactive"], "others are down by a word");
  });

  it("never takes out the last usable destination of a set, and says when it is well again", () => {
    const { live, registry, target, state, passive } = lab();
    registry.adopt([target(0), target(9, { state: stateOf("disabled") }), target(8, { set: "2" })]);
    passive.adopt([{ slot: 0, failures: 2, isProbed: false }]);
    for (let i = 0; i < 5; i++) live.noteFailure(0);
    passive.poll();
    assert.equal(state(0), "trying");
    assert.equal(registry.get(0)?.reason, "no answer to 5 requests in a row; the last usable of its set");
    live.silences.end(0, 1);
    passive.poll();
    assert.equal(state(0), "active");
  });

  it("never takes out the last one that does not rest", () => {
    const { time, live, registry, target, state, passive } = lab();
    registry.adopt([target(0), target(1)]);
    passive.adopt([0, 1].map((slot) => ({ slot, failures: 1, isProbed: true })));
    live.rest(1);
    passive.mark(0, failure(500, time));
    assert.equal(state(0), "active");
    live.noteFailure(0);
    passive.poll();
    assert.equal(state(0), "trying");
    live.wake(1);
    passive.mark(0, failure(500, time));
    assert.equal(state(0), "inactive");
  });

  it("what a route marks is not probed early, and comes back when as many probes were good as after failed ones", () => {
    const { time, registry, target, state, probes, passive } = lab();
    registry.adopt([target(0), target(1)]);
    passive.adopt([0, 1].map((slot) => ({ slot, failures: 0, isProbed: true })));
    passive.mark(0, failure(500, time));
    assert.deepEqual([state(0), registry.get(0)?.reason], ["inactive", "marked by a route: 500"]);
    assert.deepEqual([probes, registry.get(0)?.marked], [[], true]);
    const probed = () =>
      registry.probed(0, { at: 0, outcome: "ok", what: "200", rtt: 1 }, { downAfter: 3, upAfter: 2 }, "all");
    probed();
    assert.equal(state(0), "inactive");
    probed();
    assert.equal(state(0), "active");
  });

  it("what a route disables stays so, whatever probes say and configurations keep, until somebody enables it", () => {
    const { registry, target, state, time, passive } = lab();
    registry.adopt([target(0), target(1)]);
    passive.adopt([0, 1].map((slot) => ({ slot, failures: 0, isProbed: slot === 0 })));
    passive.mark(0, failure(503, time, { isForGood: true }));
    passive.mark(1, failure(503, time, { isForGood: true }));
    assert.deepEqual([state(0), state(1)], ["disabled", "active"], "the last usable one stays");
    assert.equal(registry.get(0)?.reason, "marked by a route: 503, until it is enabled");
    registry.probed(0, { at: 0, outcome: "ok", what: "200", rtt: 1 }, { downAfter: 1, upAfter: 1 }, "all");
    time.now += 120_000;
    passive.poll();
    registry.adopt([target(0), target(1)]);
    assert.equal(state(0), "disabled");
    registry.setState(0, stateOf("active"), "operator: enable");
    assert.equal(state(0), "active");
  });

  it("what a route marks and nobody probes comes back on trial after a back-off", () => {
    const { registry, target, state, time, passive } = lab();
    registry.adopt([target(0), target(1)]);
    passive.adopt([0, 1].map((slot) => ({ slot, failures: 0, isProbed: false })));
    passive.mark(0, failure(0, time));
    assert.equal(registry.get(0)?.reason, "marked by a route: no answer");
    time.now += 9_999;
    passive.poll();
    assert.equal(state(0), "inactive");
    time.now += 1;
    passive.poll();
    assert.equal(state(0), "trying");
  });

  it("leaves a draining destination alone", () => {
    const { live, registry, target, state, time, passive } = lab();
    registry.adopt([target(0), target(9)]);
    registry.setState(0, stateOf("draining"), "operator");
    passive.adopt([{ slot: 0, failures: 1, isProbed: false }]);
    live.noteFailure(0);
    passive.poll();
    time.now += 60_000;
    passive.poll();
    assert.equal(state(0), "draining");
    registry.setState(0, stateOf("active"), "operator");
    passive.poll();
    assert.equal(state(0), "active", "old failures do not count");
  });
});
