// Who is ejected, for how long, and who never is.
import assert from "node:assert/strict";
import { test } from "node:test";
import { COUNTER_PLACE } from "../bridge/destination-counters.ts";
import { createLiveTablesMemory } from "../bridge/live-memory.ts";
import { LiveTables } from "../bridge/live-tables.ts";
import { DestinationState } from "../dispatch/types.ts";
import type { OutlierSettings } from "./outlier-settings.ts";
import { Outliers } from "./outliers.ts";
import { HealthRegistry } from "./registry.ts";

const SETTINGS: OutlierSettings = {
  failed: 0.2,
  taken: 0,
  requests: 30,
  window: 10_000,
  ejectFor: 30_000,
  maxEjected: 0.5,
  panic: 0.5,
};

class Ground {
  readonly live = new LiveTables(createLiveTablesMemory(1));
  readonly registry = new HealthRegistry(
    this.live,
    () => 0,
    () => undefined,
  );
  readonly told: string[] = [];
  readonly outliers: Outliers;
  now = 0;

  constructor(destinations: number, settings: Partial<OutlierSettings> = {}) {
    const slots = Array.from({ length: destinations }, (_, slot) => slot);
    const common = { set: "a", rank: 0, state: DestinationState.active, marked: false, unusable: "" };
    this.registry.adopt(slots.map((slot) => ({ ...common, slot, group: `${slot}`, uri: "", name: `${slot}` })));
    this.outliers = new Outliers(this.live, this.registry, () => this.now, {
      ejected: (slot, reason) => void this.told.push(`${slot} out: ${reason}`),
      returned: (slot, reason) => void this.told.push(`${slot} in: ${reason}`),
    });
    this.outliers.adopt(slots.map((slot) => ({ slot, set: "a", settings: { ...SETTINGS, ...settings } })));
  }

  /** Seconds pass; in each, every usable destination gets ten requests, of which so many fail. */
  pass(seconds: number, failing: Readonly<Record<number, number>>, destinations = 4): void {
    for (let second = 0; second < seconds; second++) {
      this.now += 1000;
      for (let slot = 0; slot < destinations; slot++) {
        if (!this.live.isUsable(slot)) continue;
        const failed = failing[slot] ?? 0;
        this.live.add(0, slot, COUNTER_PLACE.new_failed, failed);
        this.live.add(0, slot, COUNTER_PLACE.new_answered, 10 - failed);
        this.live.add(0, slot, COUNTER_PLACE.calls_not_taken, failed);
        this.live.add(0, slot, COUNTER_PLACE.calls_taken, 10 - failed);
      }
      this.outliers.poll();
    }
  }

  get ejected(): number[] {
    return [0, 1, 2, 3].filter((slot) => this.live.isEjected(slot));
  }
}

test("a destination that fails 3 of 10 new requests is ejected within 10 s, comes back, and is away longer each time", () => {
  const ground = new Ground(4);
  ground.pass(10, { 1: 3 });
  assert.deepEqual(ground.ejected, [1]);
  assert.match(ground.told[0]!, /^1 out: \d+ of \d+ new requests failed within 10 s$/);
  assert.match(ground.outliers.reason(1), / s left$/);
  const away = [0, 0].map(() => {
    const since = ground.now;
    while (ground.ejected.length > 0) ground.pass(1, { 1: 3 });
    const time = ground.now - since;
    while (ground.ejected.length === 0) ground.pass(1, { 1: 3 });
    return time;
  });
  assert.ok(away[0]! <= 30_000 && away[0]! > 20_000 && away[1]! > 50_000 && away[1]! <= 60_000, String(away));
});

test("few requests, few failures and failures of all alike eject nobody", () => {
  const few = new Ground(4, { requests: 1000 });
  few.pass(30, { 1: 10 });
  const rare = new Ground(4);
  rare.pass(30, { 1: 1 });
  const alike = new Ground(4);
  alike.pass(30, { 0: 5, 1: 5, 2: 5, 3: 6 });
  assert.deepEqual([few.told, rare.told, alike.told], [[], [], []]);
});

test("the last ones are never ejected: not the only one, not more than max_ejected_percent, not below panic_percent", () => {
  const only = new Ground(1);
  only.pass(30, { 0: 10 });
  assert.deepEqual(only.ejected, []);
  const most = new Ground(4);
  most.pass(20, { 0: 9, 1: 9, 2: 9 });
  assert.equal(most.ejected.length, 2);
  const pair = new Ground(2);
  pair.pass(20, { 0: 9, 1: 5 }, 2);
  assert.deepEqual(pair.ejected, [0]);
  const strict = new Ground(2, { panic: 0.6 });
  strict.pass(20, { 0: 9 }, 2);
  assert.deepEqual(strict.ejected, []);
});

test("when others go down, whoever was ejected is back at once", () => {
  const ground = new Ground(4);
  ground.pass(10, { 1: 5 });
  for (const slot of [0, 2]) ground.registry.conclude(slot, DestinationState.inactive, "no answer");
  ground.outliers.spare("b");
  assert.deepEqual(ground.ejected, [1]);
  ground.outliers.spare("a");
  assert.deepEqual(ground.ejected, []);
  assert.match(ground.told.at(-1)!, /^1 in: only 1 of 4 destinations are left$/);
});

test("by answer-seizure: who takes too few calls is ejected, others are not", () => {
  const ground = new Ground(4, { failed: 0, taken: 0.4 });
  ground.pass(10, { 0: 3, 1: 8, 2: 3, 3: 3 });
  assert.deepEqual(ground.ejected, [1]);
  assert.match(ground.told[0]!, /^1 out: only \d+ of \d+ calls were taken within 10 s$/);
});

test("a set that no longer ejects lets everybody in again, and so does an operator", () => {
  const ground = new Ground(4);
  ground.pass(10, { 1: 5 });
  ground.outliers.end(1);
  assert.deepEqual(ground.ejected, []);
  ground.pass(10, { 1: 5 });
  assert.deepEqual(ground.ejected, [1]);
  ground.outliers.adopt([]);
  assert.deepEqual(ground.ejected, []);
});
