// Unpredictable 32-bit words for branches, drawn from the system in large portions so that one word costs nothing.
import { randomFillSync } from "node:crypto";

const PORTION = 4096;

/** A source of secret words; never zero. */
export class Nonces {
  readonly #words: Int32Array = new Int32Array(PORTION);
  #next = PORTION;

  /** The next one. */
  next(): number {
    if (this.#next === PORTION) {
      randomFillSync(this.#words);
      this.#next = 0;
    }
    const word = this.#words[this.#next]!;
    // Spent words do not stay in memory.
    this.#words[this.#next++] = 0;
    return word === 0 ? 1 : word;
  }
}
