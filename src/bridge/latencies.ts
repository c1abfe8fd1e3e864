// The round trips of the destinations' probes, as they are lately and as they usually are, in microseconds. Main writes, workers read.

/** Two columns of the live tables; 0: unknown. */
export class Latencies {
  readonly #lately: Int32Array;
  readonly #usual: Int32Array;

  constructor(lately: Int32Array, usual: Int32Array) {
    this.#lately = lately;
    this.#usual = usual;
  }

  /** See `Live.latency`. */
  lately(slot: number): number {
    return this.#lately[slot]!;
  }

  /** The average of all round trips. */
  usually(slot: number): number {
    return this.#usual[slot]!;
  }

  /** See `Live.congestion`. */
  congestion(slot: number): number {
    const above = this.#lately[slot]! - this.#usual[slot]!;
    return above > 0 ? Math.trunc(above / 1000) : 0;
  }

  /** Main thread only. Where nothing else is known, it usually is as it is. */
  set(slot: number, lately: number, usually = lately): void {
    Atomics.store(this.#usual, slot, usually);
    Atomics.store(this.#lately, slot, lately);
  }
}
