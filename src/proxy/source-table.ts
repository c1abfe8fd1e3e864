// How much each source and each listener has had, as moments in time (GCRA, a token bucket in one number): a row holds when it
// will be as fresh as one that nothing came from. Fixed in size, so what a spoofer invents has to displace something: a
// fresh row first, which loses nothing, then the one that is nearest to it. A source that is over its limit is the furthest
// from it of all, so nobody can make us forget it; and who is forgotten, or new, is served.
import { LISTENER_ROWS, SOURCE_WORDS } from "../bridge/source-memory.ts";
import { isV4 } from "../net/endpoint.ts";
import type { TableHash } from "../sip/hash.ts";

/** Rows side by side in which a source may be found; there are two such places for each. */
const WAYS = 4;
/** The two moments of a row, in 64-bit floats from its start. */
const MOMENTS = 2;
const HALF = SOURCE_WORDS / 2;

/** Which of the two moments of a row. */
export const Moment = { requests: 0, datagrams: 1 } as const;
export type Moment = (typeof Moment)[keyof typeof Moment];

/**
 * The table, over memory that all workers write to. A row is read and written without a lock: two workers that take from it
 * within the same few nanoseconds may count one for two.
 */
export class SourceTable {
  /** Milliseconds by a clock that all threads share. */
  now = 0;
  readonly #words: Int32Array;
  readonly #moments: Float64Array;
  readonly #mask: number;
  readonly #hash: TableHash;

  constructor(memory: SharedArrayBuffer, hash: TableHash) {
    this.#words = new Int32Array(memory);
    this.#moments = new Float64Array(memory);
    this.#mask = (this.#words.length / SOURCE_WORDS - LISTENER_ROWS) / WAYS - 1;
    this.#hash = hash;
  }

  /**
   * The row of the source at `peer[at]`, of whose address the first `v4` or `v6` bits count; a new one where there is none.
   * `v4` is less than 32 or equal.
   */
  rowOf(peer: Int32Array, at: number, v4: number, v6: number): number {
    const bits = isV4(peer, at) ? 96 + v4 : v6;
    const a = masked(peer[at]!, bits);
    const b = masked(peer[at + 1]!, bits - 32);
    const c = masked(peer[at + 2]!, bits - 64);
    const d = masked(peer[at + 3]!, bits - 96);
    const hash = this.#hash;
    hash.begin();
    if (bits < 96 || c !== 0xffff) {
      hash.updateWord(a);
      hash.updateWord(b);
      hash.updateWord(c);
    }
    hash.updateWord(d);
    const first = (hash.finish() & this.#mask) * WAYS + LISTENER_ROWS;
    const second = (hash.hi & this.#mask) * WAYS + LISTENER_ROWS;
    const words = this.#words;
    let freshest = first;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 2 * WAYS; i++) {
      const row = i < WAYS ? first + i : second + i - WAYS;
      const w = row * SOURCE_WORDS;
      if (words[w + 3] === d && words[w] === a && words[w + 1] === b && words[w + 2] === c) return row;
      const moment = this.#latest(row);
      if (moment >= least) continue;
      least = moment;
      freshest = row;
    }
    const w = freshest * SOURCE_WORDS;
    words[w] = a;
    words[w + 1] = b;
    words[w + 2] = c;
    words[w + 3] = d;
    this.#moments[freshest * HALF + MOMENTS] = 0;
    this.#moments[freshest * HALF + MOMENTS + 1] = 0;
    return freshest;
  }

  /**
   * Takes one from a row, by one of its moments: each costs `interval` milliseconds, and it may be `depth` of them ahead.
   * False, and nothing is taken, when that is used up.
   */
  take(row: number, moment: Moment, interval: number, depth: number): boolean {
    const at = row * HALF + MOMENTS + moment;
    const { now } = this;
    const before = this.#moments[at]!;
    const after = Math.max(before, now) + interval;
    if (after - now > depth) return false;
    this.#moments[at] = after;
    return true;
  }

  #latest(row: number): number {
    const at = row * HALF + MOMENTS;
    const requests = this.#moments[at]!;
    const datagrams = this.#moments[at + 1]!;
    return Math.max(requests, datagrams);
  }
}

/** The first `bits` bits of a word; all of it from 32 on, none below 1. */
function masked(word: number, bits: number): number {
  if (bits >= 32) return word;
  return bits <= 0 ? 0 : word & (-1 << (32 - bits));
}
