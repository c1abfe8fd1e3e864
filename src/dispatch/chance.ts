// Chance that allocates nothing: xorshift32, enough to spread load, and not a secret.

/** A sequence of 32-bit numbers. */
export class Chance {
  #state: number;

  /** `seed`: any number but 0, of which the lowest bit is set anyway. */
  constructor(seed: number) {
    this.#state = seed | 1;
  }

  /** The next one, signed. */
  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x;
  }
}
