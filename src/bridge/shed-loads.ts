// What destinations have said about their overload (RFC 7339): which share of new requests each wants to be spared, and until when.
// Shared memory: any worker may hear it, and all heed it.
import { SLOTS, shuffledSlots } from "../dispatch/compat/hundred-slots.ts";
import { MAX_DESTINATIONS } from "./recount.ts";

/** Words of a row: one more than the share in percent (0: nothing was said), until when, the sequence of who said it, and how many requests were asked about. */
const WORDS = 4;
const Word = { rate: 0, until: 1, sequence: 2, turn: 3 } as const;
/** Which of a round of requests are left out first. */
const ORDER = shuffledSlots();

/** Reserves the shared memory (untouched pages cost nothing). */
export function createShedMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(MAX_DESTINATIONS * WORDS * 4);
}

/** A view of it. */
export class ShedLoads {
  /** Milliseconds on the clock of all workers; who asks sets it before. */
  now = 0;
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  /**
   * A destination wants to be spared `rate` percent of new requests for so many milliseconds from `now` on; false when something newer
   * holds. `sequence` counts up, in 32 bits.
   */
  note(slot: number, rate: number, milliseconds: number, sequence: number): boolean {
    const at = slot * WORDS;
    const words = this.#words;
    // Who has restarted may count from lower on: what has ended is no measure.
    const isKnown = Atomics.load(words, at + Word.rate) !== 0 && this.#holds(at);
    if (isKnown && ((sequence - Atomics.load(words, at + Word.sequence)) | 0) <= 0) return false;
    Atomics.store(words, at + Word.sequence, sequence);
    Atomics.store(words, at + Word.until, (this.now + milliseconds) | 0);
    Atomics.store(words, at + Word.rate, rate + 1);
    return true;
  }

  #holds(at: number): boolean {
    return ((Atomics.load(this.#words, at + Word.until) - this.now) | 0) > 0;
  }

  /** The share that holds now, in percent. */
  rate(slot: number): number {
    const at = slot * WORDS;
    const rate = Atomics.load(this.#words, at + Word.rate) - 1;
    return rate > 0 && this.#holds(at) ? rate : 0;
  }

  /** Whether the next request for this destination is one that it wants to be spared of: exactly its share of each round. */
  sheds(slot: number): boolean {
    const rate = this.rate(slot);
    if (rate === 0) return false;
    return ORDER[(Atomics.add(this.#words, slot * WORDS + Word.turn, 1) >>> 0) % SLOTS]! < rate;
  }

  /** What stands there, over or not: for who shows it. */
  shown(slot: number): {
    readonly rate: number;
    readonly turn: number;
    readonly sequence: number;
    readonly until: number;
  } {
    const at = slot * WORDS;
    const word = (which: number) => Atomics.load(this.#words, at + which) >>> 0;
    const turn = word(Word.turn) % SLOTS;
    return { rate: Math.max(0, word(Word.rate) - 1), turn, sequence: word(Word.sequence), until: word(Word.until) };
  }

  /** Main thread, when a slot is given to another destination. */
  clear(slot: number): void {
    for (let i = 0; i < WORDS; i++) Atomics.store(this.#words, slot * WORDS + i, 0);
  }
}
