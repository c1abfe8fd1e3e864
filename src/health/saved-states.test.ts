// What outlives the process, and what does not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createLiveTablesMemory } from "../bridge/live-memory.ts";
import { LiveTables } from "../bridge/live-tables.ts";
import { DestinationState } from "../dispatch/types.ts";
import type { HealthDestination } from "./health-record.ts";
import { HealthRegistry } from "./registry.ts";
import type { SavedStates } from "./saved-states.ts";

const NOW = 1_000_000;

function target(slot: number, more: Partial<HealthDestination> = {}): HealthDestination {
  const name = `d${slot}`;
  const { active: state } = DestinationState;
  return { slot, set: "a", group: name, rank: 0, uri: "sip:x", name, state, marked: false, unusable: "", ...more };
}

function begin(
  targets: readonly HealthDestination[],
  states: SavedStates | null,
): { registry: HealthRegistry; live: LiveTables } {
  const live = new LiveTables(createLiveTablesMemory(1));
  const registry = new HealthRegistry(
    live,
    () => NOW,
    () => undefined,
  );
  registry.recallFrom(states);
  registry.adopt(targets);
  registry.recallFrom(null);
  return { registry, live };
}

/** As it stands in a file. */
function throughFile(states: SavedStates): SavedStates {
  return JSON.parse(JSON.stringify(states)) as SavedStates;
}

test("states, drains and reasons are the same after a restart, wherever the rows are then", () => {
  const before = begin([target(0), target(1), target(2)], null);
  before.registry.setState(0, DestinationState.draining, "operator: kernel");
  before.registry.conclude(1, DestinationState.inactive, "probe: no answer", true);
  const moved = [
    target(7, { name: "d0", group: "d0" }),
    target(5, { name: "d1", group: "d1" }),
    target(3, { name: "d2" }),
  ];
  const { registry, live } = begin(moved, throughFile(before.registry.save()));
  assert.deepEqual(
    [7, 5, 3].map((slot) => live.state(slot)),
    [DestinationState.draining, DestinationState.inactive, DestinationState.active],
  );
  assert.equal(registry.get(7)?.reason, "operator: kernel");
  assert.equal(registry.get(5)?.reason, "probe: no answer (before the restart)");
  assert.equal(registry.get(5)?.marked, true);
  assert.deepEqual(throughFile(registry.save()).orders, before.registry.save().orders);
  registry.adopt(moved);
  assert.equal(live.state(7), DestinationState.draining, "an order holds over reloads, too");
});

test("what the configuration says anew, and a destination that is new, begin as configured", () => {
  const before = begin([target(0), target(1)], null);
  before.registry.setState(0, DestinationState.disabled, "operator");
  before.registry.conclude(1, DestinationState.inactive, "down");
  const targets = [target(0, { state: DestinationState.draining }), target(2), target(1, { unusable: "no address" })];
  const { live, registry } = begin(targets, throughFile(before.registry.save()));
  assert.deepEqual([live.state(0), live.state(2)], [DestinationState.draining, DestinationState.active]);
  assert.equal(registry.get(1)?.reason, "no address");
});

test("starting over: every state, drain and order is the configuration's again", () => {
  const { registry, live } = begin([target(0), target(1)], null);
  registry.setState(0, DestinationState.draining, "operator");
  registry.conclude(1, DestinationState.inactive, "down");
  registry.startOver();
  assert.deepEqual([live.state(0), live.state(1), registry.save().orders], [0, 0, []]);
});
