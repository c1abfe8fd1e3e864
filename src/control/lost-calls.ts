// Calls that went down with their destination: one that has been down for `calls_lost_after` has no calls any more, whether or
// not anybody said BYE to them. While it is only silent now and then, they are left alone.
import type { LiveTables } from "../bridge/live-tables.ts";
import { DestinationState } from "../dispatch/types.ts";
import type { HealthRegistry } from "../health/registry.ts";

/** A destination and how long it may be down with calls on it; milliseconds, 0: for ever. */
export interface LossDestination {
  readonly slot: number;
  /** Where its resources are counted, which calls of its own take, too; -1: it has none. */
  readonly account: number;
  readonly after: number;
}

const AGAIN = 30_000;

/** Watches who is down. `poll` is called about once a second; `now` is monotonic milliseconds. */
export class LostCalls {
  readonly #live: LiveTables;
  readonly #registry: HealthRegistry;
  readonly #now: () => number;
  #targets: readonly LossDestination[] = [];
  /** Since when it has not been active. */
  readonly #since = new Map<number, number>();
  /** When those that still have calls are named again: what is left are calls that are not answered yet. */
  readonly #again = new Map<number, number>();

  constructor(live: LiveTables, registry: HealthRegistry, now: () => number) {
    this.#live = live;
    this.#registry = registry;
    this.#now = now;
  }

  /** Takes over the destinations of a new configuration. */
  adopt(targets: readonly LossDestination[]): void {
    this.#targets = targets.filter(({ after }) => after > 0);
    if (this.#since.size === 0) return;
    const kept = new Set(this.#targets.map(({ slot }) => slot));
    for (const slot of [...this.#since.keys()]) if (!kept.has(slot)) this.#since.delete(slot);
  }

  /** Those whose calls are over as of now. */
  poll(): number[] {
    const now = this.#now();
    const over: number[] = [];
    for (const { slot, account, after } of this.#targets) {
      // A destination on trial is not back yet.
      const isDown = this.#registry.isDownByResults(slot);
      const isOnTrial = this.#registry.get(slot)?.state === DestinationState.trying && this.#since.has(slot);
      if (!isDown && !isOnTrial) {
        this.#since.delete(slot);
        this.#again.delete(slot);
        continue;
      }
      const since = this.#since.get(slot) ?? now;
      this.#since.set(slot, since);
      if (now - since < after || now < (this.#again.get(slot) ?? now)) continue;
      // Calls that it made are on nobody's load, or on their callee's.
      if (this.#live.load(slot) === 0 && (account < 0 || !this.#live.resources.isInUse(account))) continue;
      this.#again.set(slot, now + AGAIN);
      over.push(slot);
    }
    return over;
  }
}
