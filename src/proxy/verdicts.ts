// What was decided about requests of which no transaction tells: a retransmission gets the same answer. Direct-mapped: under
// the load that this is for a verdict lasts some seconds, and Timer A has sent its copies by then.

const PLACES = 1 << 15;

/** What is remembered. */
export const Verdict = {
  unknown: 0,
  /** Within the budget; it may still have been refused for another reason. */
  taken: 1,
  refused: 2,
  /** Taken, and passed on to the stream worker. */
  sent: 3,
} as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

/** The bits of a word that hold the verdict; in an empty place they are `Verdict.unknown`. */
const VERDICT = 3;

/** Verdicts of one worker, by the key of the server transaction. */
export class Verdicts {
  /** The second half of the key, its lowest two bits replaced by the verdict. */
  readonly #words: Int32Array = new Int32Array(PLACES);

  /** What is remembered under a key. */
  find(key1: number, key2: number): Verdict {
    const word = this.#words[key1 & (PLACES - 1)]!;
    return ((word ^ key2) & ~VERDICT) === 0 ? ((word & VERDICT) as Verdict) : Verdict.unknown;
  }

  /** Remembers it, in the place of another one. */
  keep(key1: number, key2: number, verdict: Verdict): void {
    this.#words[key1 & (PLACES - 1)] = (key2 & ~VERDICT) | verdict;
  }
}
