// Figures as events: of a size that everybody can be sent once a second.
import assert from "node:assert/strict";
import { it } from "node:test";
import { publishLoads } from "./balancer-events.ts";
import { createLiveTablesMemory } from "./bridge/live-memory.ts";
import { LiveTables } from "./bridge/live-tables.ts";
import { EventLog, type LoadEvent } from "./control/events.ts";
import type { PlacedDestination } from "./control/place.ts";

function lab(size: number) {
  const live = new LiveTables(createLiveTablesMemory(1));
  const events = new EventLog({ clock: () => 0, instance: "t" });
  const loads: LoadEvent[] = [];
  events.watch(({ event }) => event.type === "load" && loads.push(event), true);
  const placed = Array.from({ length: size }, (_, slot) => ({
    slot,
    config: { name: `d${slot}` },
    set: { name: "a" },
  }));
  const known = new Map<string, string>();
  const look = () => publishLoads(placed as unknown as PlacedDestination[], live, known, events);
  return { live, loads, look };
}

it("a set's load is told when it has changed, with all its destinations", () => {
  const { live, loads, look } = lab(2);
  look();
  look();
  live.reserve(0, 1, 0);
  look();
  assert.deepEqual(
    loads.map(({ calls, destinations }) => [calls, destinations]),
    [
      [0, { d0: 0, d1: 0 }],
      [1, { d0: 0, d1: 1 }],
    ],
  );
});

it("of a very large set the busiest are told, and the calls of all", () => {
  const { live, loads, look } = lab(3_000);
  for (let slot = 1_500; slot < 3_000; slot++) live.reserve(0, slot, 0);
  live.reserve(0, 2_999, 0);
  look();
  const [{ calls, destinations }] = loads as [LoadEvent];
  assert.deepEqual([calls, Object.keys(destinations).length, destinations.d2999], [1_501, 1_000, 2]);
  assert.ok(Object.values(destinations).every((load) => load > 0));
});
