// Slow start: whoever comes back after having been away gets a tenth of its share at first, and all of it after a while. A server
// with cold caches, and nothing on it, would else be sent all calls at once by algorithms that look at the load.
import type { LiveTables } from "../bridge/live-tables.ts";

/** A destination and how long it takes; milliseconds, 0: no time. */
export interface SlowStartDestination {
  readonly slot: number;
  readonly time: number;
}

const LEAST = 0.1;
/** `Live.heldBack` is of this. */
const WHOLE = 256;

/** Those that are starting. `now` is monotonic milliseconds; `poll` is called every 100 ms. */
export class SlowStart {
  readonly #live: LiveTables;
  readonly #now: () => number;
  #times: ReadonlyMap<number, number> = new Map();
  /** When each began. */
  readonly #begun = new Map<number, number>();

  constructor(live: LiveTables, now: () => number) {
    this.#live = live;
    this.#now = now;
  }

  /** Takes over the destinations of a new configuration. */
  adopt(targets: readonly SlowStartDestination[]): void {
    this.#times = new Map(targets.map(({ slot, time }) => [slot, time] as const));
    this.poll();
  }

  /** It takes calls again. */
  begin(slot: number): void {
    if ((this.#times.get(slot) ?? 0) === 0) return;
    this.#begun.set(slot, this.#now());
    this.#show(slot);
  }

  /** How much of its share a destination gets, 0 to 1. */
  share(slot: number): number {
    const begun = this.#begun.get(slot);
    const time = this.#times.get(slot) ?? 0;
    if (begun === undefined || time === 0) return 1;
    return Math.min(1, Math.max(LEAST, (this.#now() - begun) / time));
  }

  /** Lets everybody have more. */
  poll(): void {
    for (const slot of [...this.#begun.keys()]) this.#show(slot);
  }

  #show(slot: number): void {
    const share = this.share(slot);
    this.#live.setHeldBack(slot, Math.round(WHOLE * (1 - share)));
    if (share >= 1) this.#begun.delete(slot);
  }
}
