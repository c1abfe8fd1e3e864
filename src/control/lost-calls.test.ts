// Whose calls are over because their destination has been down for long.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createLiveTablesMemory } from "../bridge/live-memory.ts";
import { LiveTables } from "../bridge/live-tables.ts";
import { DestinationState } from "../dispatch/types.ts";
import { HealthRegistry } from "../health/registry.ts";
import { LostCalls } from "./lost-calls.ts";

test("a destination with calls is named when it has been down for long enough, trials included, and not when an operator took it out", () => {
  const live = new LiveTables(createLiveTablesMemory(1));
  const registry = new HealthRegistry(
    live,
    () => 0,
    () => undefined,
  );
  const common = { set: "a", rank: 0, uri: "", state: DestinationState.active, marked: false, unusable: "" };
  registry.adopt([0, 1].map((slot) => ({ ...common, slot, group: `${slot}`, name: `${slot}` })));
  let now = 0;
  const lost = new LostCalls(live, registry, () => now);
  lost.adopt([0, 1].map((slot) => ({ slot, account: slot, after: 60_000 })));
  const at = (time: number) => {
    now = time;
    return lost.poll();
  };
  for (const slot of [0, 1]) live.reserve(0, slot, 0);
  assert.deepEqual(at(0), []);
  registry.conclude(0, DestinationState.inactive, "no answer");
  registry.setState(1, DestinationState.disabled, "operator");
  assert.deepEqual([at(1000), at(60_000)], [[], []]);
  registry.conclude(0, DestinationState.trying, "another chance");
  assert.deepEqual(at(60_500), []);
  registry.conclude(0, DestinationState.inactive, "no answer");
  assert.deepEqual([at(61_000), at(62_000), at(91_000)], [[0], [], [0]]);
  live.release(0, 0);
  assert.deepEqual(at(200_000), []);
  live.resources.force(0, 0, 0b10);
  assert.deepEqual(at(230_000), [0], "lines that its own calls took");
  live.resources.give(0, 0, 0b10);
  assert.deepEqual(at(261_000), []);
  registry.conclude(0, DestinationState.active, "probe");
  live.reserve(0, 0, 0);
  assert.deepEqual(at(300_000), [], "it is back");
});
