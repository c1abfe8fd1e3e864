// Server transactions (RFC 3261 17.2) as rows of one Int32Array: who asked, what was asked, which candidates remain, what
// was answered. Client transactions hang on them as branches (branches.ts).
import { ENDPOINT_WORDS } from "../net/endpoint.ts";
import { plainMemory, type Reserve } from "./reserve.ts";
import { Wheel } from "./wheel.ts";

/** States of a server transaction; `accepted` is RFC 6026's. */
export const TransactionState = {
  free: 0,
  proceeding: 1,
  completed: 2,
  confirmed: 3,
  accepted: 4,
  terminated: 5,
} as const;
export type TransactionState = (typeof TransactionState)[keyof typeof TransactionState];

/** Bits of the `flags` word. */
export const TransactionFlag = {
  /** The caller has sent CANCEL. */
  cancelled: 1,
  /** A 100 has been sent, or is no longer wanted. */
  trying: 2,
  /** A 101-199 has been passed on. */
  ringing: 4,
  /** Sent within a dialog: one candidate, no failover. */
  inDialog: 8,
  /** The request creates a dialog when answered 2xx, and Record-Route was added. */
  createsDialog: 16,
  /** The caller's Via or Contact differs from where its packets come from. */
  nat: 32,
  /** Its newest branches went at once, and it waits for all of them (fork.ts). */
  forked: 64,
  /** Came from the pool: forwarded by Route and request URI. */
  fromPool: 128,
  /** Goes on without any Route value: a stranger's new request. */
  dropsRoutes: 256,
  /** Completed by an answer of our own to a stranger: repeated only as far as `mayRepeat` says. */
  rationed: 512,
  /** A final response is kept for the case that no better one comes. */
  hasBest: 1024,
  /** A registration that gets our Path. */
  path: 2048,
  /** Goes over the flow of a registered phone, and nowhere else (RFC 5626 5.3). */
  flow: 4096,
  /** Its route says how it is treated: `T.treatment`. */
  treated: 8192,
  /** Holds resources of the destination that made the call. */
  takesOfSender: 16_384,
  /** A candidate was passed over because the stream worker had no room, and that has been counted. */
  short: 32_768,
  /** The final response that is kept is that of somebody whose protected headers are not passed on (trust.ts). */
  bestOfStranger: 65_536,
} as const;

/**
 * Word offsets of a row. The first 16 words are one cache line, and all that finding, arming and forgetting a transaction
 * touch: a transaction that ends has been out of the cache for half a minute.
 */
export const T = {
  key1: 0,
  key2: 1,
  /** Next row of the bucket; next free row. */
  chain: 2,
  state: 3,
  wheel: 4,
  /** First branch. */
  branch: 7,
  request: 8,
  requestLength: 9,
  /** Last response, stored for retransmissions. */
  response: 10,
  responseLength: 11,
  flags: 12,
  method: 13,
  dialog: 14,
  /** When the transaction ends whatever happens (state dependent); the wheel may fire earlier. */
  deadline: 15,
  /** Hash of Call-ID, lanes 1 and 2. */
  call1: 16,
  call2: 17,
  /** Hash of the From tag. */
  fromTag: 18,
  listener: 19,
  /** Where responses go (RFC 3261 18.2.2, RFC 3581). */
  reply: 20,
  /** Local address the request was sent to (wildcard listeners), else zeros. */
  local: 20 + ENDPOINT_WORDS,
  set: 30,
  /** Current retransmission interval (Timer G). */
  interval: 31,
  /** Where the request came from. */
  peer: 32,
  /** Milliseconds at creation. */
  created: 38,
  /** How many candidates there are, the index of the next one, and how many may still be tried. */
  candidates: 39,
  candidate: 40,
  tries: 41,
  /** Status of the best final response so far (0: none), and its bytes. */
  best: 42,
  bestResponse: 43,
  bestLength: 44,
  /** Bytes of our own answers that the caller got, less those for which it sent its request again (ration.ts). */
  spent: 45,
  /** Resources that its call takes where it goes: a bit for each. */
  resources: 46,
  /** Best that came of the branches that went at once (fork.ts); 0: nothing yet. */
  forkBest: 47,
  /** Candidate slots, two per word. */
  slots: 48,
  /** Number among the worker's treatments, where it is `treated`. */
  treatment: 56,
  /** Where `takesOfSender` is set: the account, and a bit for each resource. */
  senderAccount: 57,
  senderResources: 58,
} as const;
/** Words per row. */
export const TRANSACTION_WORDS = 64;
/** Most candidates kept for one transaction. */
export const MAX_CANDIDATES = 16;

/** The table of server transactions of one worker. Row 0 is never used. */
export class Transactions {
  readonly words: Int32Array;
  readonly slots: Uint16Array;
  readonly wheel: Wheel;
  readonly capacity: number;
  readonly #buckets: Int32Array;
  readonly #mask: number;
  #free = 0;
  #fresh = 1;
  #count = 0;

  constructor(capacity: number, now: number, reserve: Reserve = plainMemory) {
    this.capacity = capacity;
    this.words = new Int32Array(reserve((capacity + 1) * TRANSACTION_WORDS * 4));
    this.slots = new Uint16Array(this.words.buffer);
    this.wheel = new Wheel(this.words, TRANSACTION_WORDS, T.wheel, now);
    let buckets = 1024;
    while (buckets < capacity && buckets < 1 << 22) buckets *= 2;
    this.#buckets = new Int32Array(reserve(buckets * 4));
    this.#mask = buckets - 1;
  }

  /** Rows in use. */
  get count(): number {
    return this.#count;
  }

  /** The highest row that was ever in use. */
  get highest(): number {
    return this.#fresh - 1;
  }

  /** A new row, zeroed and findable by its key; 0 when the table is full. */
  create(key1: number, key2: number): number {
    let row = this.#free;
    if (row !== 0) this.#free = this.words[row * TRANSACTION_WORDS + T.chain]!;
    else if (this.#fresh <= this.capacity) row = this.#fresh++;
    else return 0;
    const words = this.words;
    const at = row * TRANSACTION_WORDS;
    // Only what openTransaction does not write; a builtin fill of the row costs more than all of this.
    words[at + T.state] = 0;
    words[at + T.wheel + 1] = 0;
    for (let i = T.branch; i <= T.deadline; i++) words[at + i] = 0;
    for (let i = T.candidates; i <= T.forkBest; i++) words[at + i] = 0;
    words[at + T.key1] = key1;
    words[at + T.key2] = key2;
    const bucket = key1 & this.#mask;
    words[at + T.chain] = this.#buckets[bucket]!;
    this.#buckets[bucket] = row;
    this.#count++;
    return row;
  }

  /** The row with this key, or 0. */
  find(key1: number, key2: number): number {
    const words = this.words;
    let row = this.#buckets[key1 & this.#mask]!;
    while (row !== 0) {
      const at = row * TRANSACTION_WORDS;
      if (words[at] === key1 && words[at + 1] === key2) return row;
      row = words[at + T.chain]!;
    }
    return 0;
  }

  /** Forgets the row; what hangs on it must have been released. */
  remove(row: number): void {
    const words = this.words;
    const at = row * TRANSACTION_WORDS;
    this.wheel.disarm(row);
    const bucket = words[at]! & this.#mask;
    let previous = this.#buckets[bucket]!;
    if (previous === row) this.#buckets[bucket] = words[at + T.chain]!;
    else {
      while (words[previous * TRANSACTION_WORDS + T.chain] !== row)
        previous = words[previous * TRANSACTION_WORDS + T.chain]!;
      words[previous * TRANSACTION_WORDS + T.chain] = words[at + T.chain]!;
    }
    words[at + T.state] = TransactionState.free;
    words[at + T.chain] = this.#free;
    this.#free = row;
    this.#count--;
  }
}
