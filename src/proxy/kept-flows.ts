// Flows of UDP that are kept open: where registered phones are, by which listener, and until when. Rows of one Int32Array
// with a timer wheel running through them, as the other tables; bounded, because anybody may register.
import { copyEndpoint, ENDPOINT_WORDS, hashEndpoint, sameEndpoint } from "../net/endpoint.ts";
import { Wheel } from "./wheel.ts";

/** Word offsets of a row. */
export const K = {
  /** Next row of the bucket; next free row. */
  chain: 0,
  listener: 1,
  endpoint: 2,
  /** Local address that the registration was sent to (wildcard listeners), else zeros. */
  local: 2 + ENDPOINT_WORDS,
  /** When the registration named by `own` ends, in milliseconds of the worker's clock. */
  expires: 12,
  wheel: 13,
  /** What the answer to our last OPTIONS must carry; never 0 once there was one. */
  nonce: 16,
  /** Bytes that may go there until something comes from there. */
  credit: 17,
  /** Hash of the address of record of one registration over this flow, and when the last of all others ends. */
  own: 18,
  others: 19,
} as const;
/** Words per row. */
export const KEPT_WORDS = 20;

/** The table of one worker. Row 0 is never used. */
export class KeptFlows {
  readonly words: Int32Array;
  readonly wheel: Wheel;
  readonly capacity: number;
  readonly #buckets: Int32Array;
  readonly #mask: number;
  #free = 0;
  #fresh = 1;
  #count = 0;

  constructor(capacity: number, now: number) {
    this.capacity = capacity;
    this.words = new Int32Array((capacity + 1) * KEPT_WORDS);
    this.wheel = new Wheel(this.words, KEPT_WORDS, K.wheel, now);
    const buckets = 2 ** Math.ceil(Math.log2(capacity + 1));
    this.#buckets = new Int32Array(buckets);
    this.#mask = buckets - 1;
  }

  /** Rows that are taken. */
  get count(): number {
    return this.#count;
  }

  /** The row of this flow, or 0. */
  find(listener: number, peer: Int32Array, at: number): number {
    const { words } = this;
    let row = this.#buckets[hashEndpoint(peer, at) & this.#mask]!;
    while (row !== 0) {
      const r = row * KEPT_WORDS;
      if (words[r + K.listener] === listener && sameEndpoint(words, r + K.endpoint, peer, at)) return row;
      row = words[r + K.chain]!;
    }
    return 0;
  }

  /** A new row for this flow, its timer not armed; 0 when the table is full. */
  create(listener: number, peer: Int32Array, at: number): number {
    const { words } = this;
    let row = this.#free;
    if (row !== 0) this.#free = words[row * KEPT_WORDS + K.chain]!;
    else if (this.#fresh <= this.capacity) row = this.#fresh++;
    else return 0;
    const r = row * KEPT_WORDS;
    const bucket = hashEndpoint(peer, at) & this.#mask;
    words[r + K.chain] = this.#buckets[bucket]!;
    this.#buckets[bucket] = row;
    words[r + K.nonce] = 0;
    words[r + K.listener] = listener;
    copyEndpoint(peer, at, words, r + K.endpoint);
    this.#count++;
    return row;
  }

  /** Frees the row, and disarms its timer. */
  remove(row: number): void {
    const { words } = this;
    const r = row * KEPT_WORDS;
    this.wheel.disarm(row);
    const bucket = hashEndpoint(words, r + K.endpoint) & this.#mask;
    let previous = this.#buckets[bucket]!;
    if (previous === row) this.#buckets[bucket] = words[r + K.chain]!;
    else {
      while (words[previous * KEPT_WORDS + K.chain] !== row) previous = words[previous * KEPT_WORDS + K.chain]!;
      words[previous * KEPT_WORDS + K.chain] = words[r + K.chain]!;
    }
    words[r + K.chain] = this.#free;
    this.#free = row;
    this.#count--;
  }
}
