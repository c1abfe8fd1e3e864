// A fast seeded hash for tables: two independent 32-bit lanes. The multipliers come from the seed, and each word is spread
// by two of them before it meets the state, so that nobody outside can prepare Call-IDs that meet in one bucket. It is no
// signature (that is siphash.ts), and its results must not leave the process.

/** One computation at a time: `begin`, any number of `update`s, `finish`; or `of` for a single range. */
export class TableHash {
  /** The result, as signed 32-bit words. */
  hi = 0;
  lo = 0;
  readonly #seedA: number;
  readonly #seedB: number;
  readonly #mulA: number;
  readonly #mulB: number;
  readonly #mulC: number;
  readonly #mulD: number;
  #a = 0;
  #b = 0;

  /** Two random 32-bit numbers. Equal seeds give equal hashes, in all threads and processes. */
  constructor(seedA: number, seedB: number) {
    this.#seedA = scramble(seedA ^ 0x243f6a88);
    this.#seedB = scramble(seedB ^ 0x13198a2e);
    // 5 mod 8 makes the multiplication a permutation that reaches the top bit.
    this.#mulA = (scramble(seedA ^ 0x85a308d3) & ~7) | 5;
    this.#mulB = (scramble(seedB ^ 0x03707344) & ~7) | 5;
    this.#mulC = scramble(this.#seedA ^ scramble(seedB ^ 0x299f31d0)) | 1;
    this.#mulD = scramble(this.#seedB ^ scramble(seedA ^ 0x082efa98)) | 1;
  }

  /** Starts a hash over several ranges. */
  begin(): void {
    this.#a = this.#seedA;
    this.#b = this.#seedB;
  }

  /** Takes in one range; unlike SipHash, where ranges meet makes a difference. */
  update(view: DataView, start: number, end: number): void {
    const mulA = this.#mulA;
    const mulB = this.#mulB;
    const mulC = this.#mulC;
    const mulD = this.#mulD;
    let a = this.#a ^ (end - start);
    let b = this.#b ^ (end - start);
    let at = start;
    for (const last = end - 4; at <= last; at += 4) {
      // A multiplication by an odd number leaves the top bit alone, whatever the number: alone it would let differences
      // cancel in the next word for every seed. Folded down and multiplied again, nobody knows where they go.
      let word = Math.imul(view.getInt32(at, true), mulC);
      word = Math.imul(word ^ (word >>> 15), mulD);
      a = Math.imul(a ^ word, mulA);
      b = Math.imul(b ^ word, mulB);
      a ^= a >>> 15;
      b ^= b >>> 16;
    }
    let tail = 0;
    for (; at < end; at++) tail = (tail << 8) | view.getUint8(at);
    tail = Math.imul(tail, mulC);
    tail = Math.imul(tail ^ (tail >>> 15), mulD);
    a = Math.imul(a ^ tail, mulA);
    b = Math.imul(b ^ tail, mulB);
    this.#a = a ^ (a >>> 15);
    this.#b = b ^ (b >>> 16);
  }

  /** Takes in a 32-bit number. */
  updateWord(value: number): void {
    let word = Math.imul(value, this.#mulC);
    word = Math.imul(word ^ (word >>> 15), this.#mulD);
    const a = Math.imul(this.#a ^ word, this.#mulA);
    const b = Math.imul(this.#b ^ word, this.#mulB);
    this.#a = a ^ (a >>> 15);
    this.#b = b ^ (b >>> 16);
  }

  /** Finishes: the result is in `hi` and `lo`; returns `lo`. */
  finish(): number {
    this.hi = scramble(this.#b);
    this.lo = scramble(this.#a);
    return this.lo;
  }

  /** The hash of one range; returns `lo`. */
  of(view: DataView, start: number, end: number): number {
    this.begin();
    this.update(view, start, end);
    return this.finish();
  }
}

function scramble(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
