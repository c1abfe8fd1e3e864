// Chance that can be repeated: the same seed draws the same numbers on every machine.

/** A generator of 32-bit numbers (sfc32). */
export class Chance {
  #a: number;
  #b: number;
  #c: number;
  #count = 1;

  /** Two words, so that the episodes of one run and the runs of one episode are strangers to each other. */
  constructor(seed: number, stream: number) {
    this.#a = seed | 0;
    this.#b = stream | 0;
    this.#c = 0x9e3779b9 | 0;
    for (let i = 0; i < 16; i++) this.next();
  }

  /** 0 to 2^32 - 1. */
  next(): number {
    const sum = (this.#a + this.#b + this.#count) | 0;
    this.#count = (this.#count + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    this.#c |= 0;
    return sum >>> 0;
  }

  /** 0 to `limit` - 1. */
  below(limit: number): number {
    return limit <= 1 ? 0 : this.next() % limit;
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.next() % times === 0;
  }

  /** One of a list that is not empty. */
  pick<Item>(items: readonly Item[]): Item {
    return items[this.next() % items.length]!;
  }
}
