// How long calls last, by destination: what says when a draining one will be empty.
import type { LiveTables } from "../bridge/live-tables.ts";

/** About so many of the last calls count. */
const MEMORY = 200;

interface Length {
  /** Totals when last looked. */
  ended: number;
  seconds: number;
  /** Calls that the mean stands for, and the mean in seconds. */
  weight: number;
  mean: number;
}

/** Of all destinations. `poll` is called about once a second. */
export class CallLengths {
  readonly #live: LiveTables;
  #slots: readonly number[] = [];
  /** Of those on which a call has ended. */
  readonly #lengths = new Map<number, Length>();

  constructor(live: LiveTables) {
    this.#live = live;
  }

  /** Takes over the destinations of a new configuration. */
  adopt(slots: readonly number[]): void {
    this.#slots = slots;
    if (this.#lengths.size === 0) return;
    const kept = new Set(slots);
    for (const slot of [...this.#lengths.keys()]) if (!kept.has(slot)) this.#lengths.delete(slot);
  }

  /** Takes in what has ended since. */
  poll(): void {
    for (const slot of this.#slots) {
      const ended = this.#live.counter(slot, "calls_ended");
      const known = this.#lengths.get(slot);
      if (ended === (known?.ended ?? 0)) continue;
      const length = known ?? { ended: 0, seconds: 0, weight: 0, mean: 0 };
      if (known === undefined) this.#lengths.set(slot, length);
      const seconds = this.#live.counter(slot, "call_seconds");
      const fresh = ended - length.ended;
      const kept = Math.min(length.weight, Math.max(0, MEMORY - fresh));
      if (fresh > 0) {
        length.mean = (length.mean * kept + seconds - length.seconds) / (kept + fresh);
        length.weight = kept + fresh;
      }
      length.ended = ended;
      length.seconds = seconds;
    }
  }

  /** The mean length of the last calls on a destination, in seconds; null: none has ended. */
  mean(slot: number): number | null {
    const length = this.#lengths.get(slot);
    return length === undefined || length.weight === 0 ? null : length.mean;
  }

  /**
   * Seconds until the last of the calls that are on a destination now will have ended, as far as past ones tell; null: they
   * do not. Lengths of calls are spread about as those that end by chance: the last of n is expected after the mean times
   * 1 + 1/2 + ... + 1/n.
   */
  untilEmpty(slot: number): number | null {
    const calls = this.#live.load(slot);
    if (calls === 0) return 0;
    const mean = this.mean(slot);
    return mean === null ? null : mean * harmonic(calls);
  }
}

function harmonic(n: number): number {
  if (n > 100) return Math.log(n) + 0.577_215_665 + 1 / (2 * n);
  let sum = 0;
  for (let i = 1; i <= n; i++) sum += 1 / i;
  return sum;
}
