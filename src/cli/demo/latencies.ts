// Percentiles of recent durations: the last thousand, sorted when somebody asks.

const KEPT = 1000;

/** Durations in milliseconds. */
export class Latencies {
  readonly #recent = new Float64Array(KEPT);
  #count = 0;

  /** Adds one duration; the oldest one beyond a thousand is forgotten. */
  add(milliseconds: number): void {
    this.#recent[this.#count++ % KEPT] = milliseconds;
  }

  /** The duration that `share` (0 to 1) of the recent ones did not exceed; 0 when there are none. */
  percentile(share: number): number {
    const sorted = this.#recent.slice(0, Math.min(this.#count, KEPT)).sort();
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  }
}

/** `0.8 ms`, `120 ms`; `-` for 0. */
export function formatMilliseconds(milliseconds: number): string {
  if (milliseconds === 0) return "-";
  return milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : `${Math.round(milliseconds)} ms`;
}
