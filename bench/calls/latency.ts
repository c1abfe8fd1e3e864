// Latencies in buckets a thirty-second of an octave wide: quantiles without keeping every sample.

const STEPS = 32;
const BUCKETS = 40 * STEPS;

/** Counts durations in microseconds. */
export class Latencies {
  readonly #buckets: Float64Array = new Float64Array(BUCKETS);
  count = 0;

  add(micros: number): void {
    const bucket = micros <= 1 ? 0 : Math.min(BUCKETS - 1, (Math.log2(micros) * STEPS) | 0);
    this.#buckets[bucket]!++;
    this.count++;
  }

  /** The duration below which this share of all samples lies, in microseconds; 0 when there are none. */
  quantile(share: number): number {
    let left = share * this.count;
    for (let i = 0; i < BUCKETS; i++) {
      left -= this.#buckets[i]!;
      if (left <= 0 && this.count > 0) return 2 ** ((i + 0.5) / STEPS);
    }
    return 0;
  }

  clear(): void {
    this.#buckets.fill(0);
    this.count = 0;
  }
}
