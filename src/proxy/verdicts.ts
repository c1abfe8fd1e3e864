// What was decided about requests of which no transaction tells: a retransmission gets the same answer. Direct-mapped: under
// the load that this is for a verdict lasts some seconds, and Timer A has sent its copies by then.

const PLACES = 1 << 15;

/** What is remembered. */
export const Verdict = { unknown: 0, taken: 1, refused: 2 } as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

/** Verdicts of one worker, by the key of the server transaction. */
export class Verdicts {
  /** The second half of the key, its lowest bit replaced by the verdict. */
  readonly #words: Int32Array = new Int32Array(PLACES);

  /** What is remembered under a key. */
  find(key1: number, key2: number): Verdict {
    const word = this.#words[key1 & (PLACES - 1)]!;
    if ((word | 1) !== (key2 | 1) || word === 0) return Verdict.unknown;
    return (word & 1) === 0 ? Verdict.taken : Verdict.refused;
  }

  /** Remembers it, in the place of another one. */
  keep(key1: number, key2: number, isRefused: boolean): void {
    this.#words[key1 & (PLACES - 1)] = isRefused ? key2 | 1 : key2 & ~1;
  }
}
