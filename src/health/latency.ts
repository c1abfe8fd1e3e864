// The smoothed round trip of a destination (Kamailio's estimator: the mean of the first ten, then a moving average that
// gives a new sample one tenth).

const NEWEST_SHARE = 0.1;
/** Samples after which each new one has that share. */
const SETTLED = 10;

/** One destination's estimate. */
export class Latency {
  #samples: number;
  #micros: number;

  /** `before` is what another process has found out, in microseconds; 0: nothing. */
  constructor(before = 0) {
    this.#samples = before > 0 ? SETTLED : 0;
    this.#micros = before;
  }

  /** Takes a round trip in microseconds, returns the new estimate (at least 1, because 0 means unknown). */
  add(micros: number): number {
    this.#samples++;
    const share = Math.max(1 / this.#samples, NEWEST_SHARE);
    this.#micros += (micros - this.#micros) * share;
    return Math.max(1, Math.round(this.#micros));
  }
}
