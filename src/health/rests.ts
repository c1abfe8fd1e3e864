// Destinations that asked to be left alone: a 503 with Retry-After (RFC 3261 21.5.4). The worker that got it sets the mark in
// the live tables at once; here is for how long, and who takes it away again. No state changes by it: probes and calls in progress go on.
import type { LiveTables } from "../bridge/live-tables.ts";

/** One of them. */
export interface Rest {
  /** By the clock of `now`, milliseconds. */
  readonly until: number;
  /** Milliseconds that it asked for, capped. */
  readonly time: number;
}

/** All of them. `now` is monotonic milliseconds; `poll` is called every 100 ms. */
export class Rests {
  readonly #live: LiveTables;
  readonly #now: () => number;
  readonly #rests = new Map<number, Rest>();
  #slots: readonly number[] = [];
  /** Marked without anybody knowing why, when last looked at. */
  #odd = new Set<number>();
  #polls = 0;

  constructor(live: LiveTables, now: () => number) {
    this.#live = live;
    this.#now = now;
  }

  /** Takes over the slots of a new configuration. */
  adopt(slots: readonly number[]): void {
    this.#slots = slots;
    if (this.#rests.size === 0) return;
    const kept = new Set(slots);
    for (const slot of [...this.#rests.keys()]) if (!kept.has(slot)) this.end(slot);
  }

  /** A worker says that a destination asked for `time` ms. */
  begin(slot: number, time: number): void {
    const until = this.#now() + time;
    if ((this.#rests.get(slot)?.until ?? 0) >= until) return;
    this.#rests.set(slot, { until, time });
    this.#live.rest(slot);
  }

  /** It is over, or an operator says so. */
  end(slot: number): void {
    this.#rests.delete(slot);
    this.#live.wake(slot);
  }

  /** Why a destination gets no new requests, for people; empty: it does not rest. */
  reason(slot: number): string {
    const rest = this.#rests.get(slot);
    if (rest === undefined) return "";
    const left = Math.max(1, Math.ceil((rest.until - this.#now()) / 1000));
    return `asked for ${rest.time / 1000} s without new requests (503 with Retry-After), ${left} s left`;
  }

  /** Ends what is over. */
  poll(): void {
    const now = this.#now();
    for (const [slot, { until }] of this.#rests) if (now >= until) this.end(slot);
    // Once a second: a worker may have died between telling us and setting its mark, or the other way round.
    if (++this.#polls % 10 !== 0) return;
    const odd = new Set<number>();
    for (const slot of this.#slots) {
      if (!this.#live.isResting(slot) || this.#rests.has(slot)) continue;
      if (this.#odd.has(slot)) this.#live.wake(slot);
      else odd.add(slot);
    }
    this.#odd = odd;
  }
}
