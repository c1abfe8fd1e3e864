// Health without a network: live tables, a clock that the test turns, and a registry over them.
import { createLiveTablesMemory } from "../bridge/live-memory.ts";
import { LiveTables } from "../bridge/live-tables.ts";
import type { MarkedFailure } from "../bridge/mark-word.ts";
import type { HealthDestination, StateChange } from "./health-record.ts";
import { PassiveHealth } from "./passive.ts";
import { HealthRegistry } from "./registry.ts";
import { nameOfState, stateOf } from "./state.ts";

/** A fresh one; `passive` has nobody to watch yet. */
export function lab() {
  const live = new LiveTables(createLiveTablesMemory(1));
  const time = { now: 1000 };
  const changes: StateChange[] = [];
  const probes: number[] = [];
  const registry = new HealthRegistry(
    live,
    () => time.now,
    (change) => changes.push(change),
  );
  const target = (slot: number, more: Partial<HealthDestination> = {}): HealthDestination => {
    const uri = `sip:10.0.0.${slot}`;
    return {
      slot,
      set: "1",
      group: more.uri ?? uri,
      rank: 0,
      uri,
      name: uri,
      state: stateOf("active"),
      marked: false,
      unusable: "",
      ...more,
    };
  };
  const state = (slot: number) => nameOfState(live.state(slot));
  const clock = () => time.now;
  const passive = new PassiveHealth(live, registry, { now: clock, clock, shared: clock }, (slot) => probes.push(slot));
  return { live, time, changes, probes, registry, passive, target, state };
}

/** A request that was sent just now, or at `sent`, failed so. */
export function failure(
  status: number,
  time: { readonly now: number },
  more: Partial<MarkedFailure> = {},
): MarkedFailure {
  return { status, sent: time.now, isForGood: false, after: 1, ...more };
}
