import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createLiveTablesMemory } from "../bridge/live-memory.ts";
import { LiveTables } from "../bridge/live-tables.ts";
import type { HealthDestination } from "./health-record.ts";
import { HealthRegistry } from "./registry.ts";
import { nameOfState, stateOf } from "./state.ts";

/** Slots by rank: [0, 0, 1] are two servers and a third that stands by. */
function lab(ranks: readonly number[]) {
  const live = new LiveTables(createLiveTablesMemory(1));
  const registry = new HealthRegistry(
    live,
    () => 0,
    () => undefined,
  );
  const target = (slot: number, rank: number, more: Partial<HealthDestination> = {}): HealthDestination => {
    const [uri, name] = ["sip:sip.test", `sip:sip.test/10.0.0.${slot}:5060`];
    return {
      slot,
      set: "1",
      group: "g",
      rank,
      uri,
      name,
      state: stateOf("active"),
      marked: false,
      unusable: "",
      ...more,
    };
  };
  const adopt = (now: readonly number[], more: Partial<HealthDestination> = {}) =>
    registry.adopt(now.map((rank, slot) => target(slot, rank, more)));
  adopt(ranks);
  const shown = () => ranks.map((_, slot) => nameOfState(live.state(slot)));
  return { live, registry, target, adopt, shown };
}

describe("servers of different SRV priority", () => {
  it("those of a worse one stand by until all better ones are down, and again when one is back", () => {
    const { registry, shown } = lab([0, 0, 1, 2]);
    assert.deepEqual(shown(), ["active", "active", "standby", "standby"]);
    registry.conclude(0, stateOf("inactive"), "down");
    assert.deepEqual(shown(), ["inactive", "active", "standby", "standby"]);
    registry.conclude(1, stateOf("inactive"), "down");
    assert.deepEqual(shown(), ["inactive", "inactive", "active", "standby"]);
    registry.conclude(2, stateOf("inactive"), "down");
    assert.deepEqual(shown(), ["inactive", "inactive", "inactive", "active"]);
    registry.conclude(1, stateOf("trying"), "another chance");
    assert.deepEqual(shown(), ["inactive", "trying", "inactive", "standby"]);
    assert.equal(registry.get(3)?.state, stateOf("active"), "standing by is not a state of its own");
  });

  it("draining the better ones brings those who stand by into service", () => {
    const { registry, shown } = lab([0, 1]);
    registry.setState(0, stateOf("draining"), "operator");
    assert.deepEqual(shown(), ["draining", "active"]);
  });

  it("ranks that change, or end, are followed at once", () => {
    const { adopt, shown } = lab([0, 1]);
    adopt([1, 0]);
    assert.deepEqual(shown(), ["standby", "active"]);
    adopt([0, 0]);
    assert.deepEqual(shown(), ["active", "active"]);
  });

  it("who stands by counts when it is asked who is left", () => {
    const { registry } = lab([0, 1]);
    assert.equal(registry.isLastUsable(0), false);
    registry.conclude(1, stateOf("inactive"), "down");
    assert.equal(registry.isLastUsable(0), true);
  });
});

describe("an operator's word about a name", () => {
  it("reaches all its servers, those that come later and a time without any included, until it is taken back", () => {
    const { registry, target, adopt, shown } = lab([0, 0]);
    registry.setStateOfAll(0, stateOf("draining"), "operator: maintenance");
    assert.deepEqual(shown(), ["draining", "draining"]);
    registry.adopt([target(7, 0, { name: "sip:sip.test", unusable: "does not resolve" })]);
    adopt([0, 0, 0]);
    assert.deepEqual([...shown(), registry.get(2)?.state], ["draining", "draining", stateOf("draining")]);
    registry.setState(1, stateOf("active"), "operator: this one");
    registry.adopt([target(0, 0)]);
    adopt([0, 0]);
    assert.deepEqual(shown(), ["draining", "active"], "one of them was excepted");
    registry.setStateOfAll(0, stateOf("active"), "operator: enable");
    assert.deepEqual(shown(), ["active", "active"]);
  });

  it("about one server stays with its address, also while DNS does not have it", () => {
    const { registry, target, adopt, shown } = lab([0, 0]);
    registry.setState(1, stateOf("disabled"), "operator: broken disk");
    registry.adopt([target(0, 0)]);
    adopt([0, 0]);
    assert.deepEqual(shown(), ["active", "disabled"]);
  });

  it("ends when the configuration says something new about the state, or no longer has the destination", () => {
    const { registry, adopt, shown } = lab([0, 0]);
    registry.setStateOfAll(0, stateOf("draining"), "operator");
    adopt([0, 0], { state: stateOf("inactive") });
    adopt([0, 0]);
    assert.deepEqual(shown(), ["active", "active"]);
    registry.setStateOfAll(0, stateOf("draining"), "operator");
    registry.adopt([]);
    adopt([0, 0]);
    assert.deepEqual(shown(), ["active", "active"]);
  });
});
