// A `select` that never comes back costs a worker. Those who take its place find here which algorithm that was, and ask it no more in
// any set.

import { hashText } from "../dispatch/core-hash.ts";

/** Algorithms that are remembered; of more, the oldest is forgotten. */
const MOST_SUSPECTS = 8;
/** Words of a watch: the mark of who is being asked, and those of the suspects. All 0 at first. */
export const HANG_WORDS: number = 1 + MOST_SUSPECTS;

/** Words that a worker and those who take its place share. */
export class HangWatch {
  readonly #words: Int32Array;

  /** `words` has HANG_WORDS of them. Who was being asked when the last worker ended is a suspect from now on. */
  constructor(words: Int32Array) {
    this.#words = words;
    const hung = Atomics.exchange(words, 0, 0);
    if (hung === 0 || this.isSuspect(hung)) return;
    words.copyWithin(2, 1, MOST_SUSPECTS);
    words[1] = hung;
  }

  /** The algorithm with this mark is asked. */
  enter(mark: number): void {
    Atomics.store(this.#words, 0, mark);
  }

  /** It has come back. */
  leave(): void {
    Atomics.store(this.#words, 0, 0);
  }

  /** Whether the algorithm with this mark once did not come back. */
  isSuspect(mark: number): boolean {
    return this.#words.indexOf(mark, 1) > 0;
  }
}

/** The mark of an algorithm: a hash of its module's text, never 0. */
export function markOf(text: string): number {
  return hashText(text) || 1;
}
