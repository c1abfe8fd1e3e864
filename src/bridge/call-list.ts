// Which calls a destination has, a page at a time: main marks destinations and says where to go on, a worker writes down what it finds in its
// tables. A block per worker, and a mark per destination.
import { ENDPOINT_WORDS } from "../net/endpoint.ts";
import { MAX_DESTINATIONS } from "./recount.ts";

/** Calls that a worker writes down at once. */
export const MOST_LISTED = 128;
/** Rows that it looks at for that, between two turns. */
export const MOST_LOOKED_AT = 65_536;
/**
 * Which table comes next: that of calls that were not answered, of those that were, none. In this order, because a call goes from the first to the
 * second: one that is answered between two pages is in both rather than in none.
 */
export const ListTable = { branches: 0, dialogs: 1, none: 2 } as const;

/** Words of a block that main writes: where to begin, and how many calls are wanted. A late worker may read them half written, and never writes. */
export const ListRequest = { table: 0, row: 1, most: 2 } as const;
/** Words of a block that the worker writes: where to go on, and how many calls there are. */
export const ListAnswer = { table: 0, row: 1, count: 2 } as const;
/** Words of a call: `isTalking` 0: it is not answered yet. `age` and `session` in milliseconds, 0: no session timer. */
export const ListedCall = { slot: 0, isTalking: 1, age: 2, session: 3, listener: 4, caller: 5 } as const;
/** Words of one call. */
export const LISTED_WORDS: number = ListedCall.caller + ENDPOINT_WORDS;
const REQUEST_WORDS = 3;
const ANSWER_WORDS = 3;
const BLOCK_WORDS = REQUEST_WORDS + ANSWER_WORDS + MOST_LISTED * LISTED_WORDS;

/** Reserves the memory. */
export function createCallListMemory(workers: number): SharedArrayBuffer {
  return new SharedArrayBuffer((MAX_DESTINATIONS + workers * BLOCK_WORDS) * 4);
}

/** The block of one worker, and the marks that all share. */
export class CallListBlock {
  /** 1: calls there are wanted. */
  readonly wanted: Int32Array;
  /** See `ListRequest`. */
  readonly request: Int32Array;
  /** See `ListAnswer`. */
  readonly answer: Int32Array;
  /** `LISTED_WORDS` for each call. */
  readonly calls: Int32Array;

  constructor(memory: SharedArrayBuffer, worker: number) {
    const at = MAX_DESTINATIONS + worker * BLOCK_WORDS;
    const answer = at + REQUEST_WORDS;
    this.wanted = new Int32Array(memory, 0, MAX_DESTINATIONS);
    this.request = new Int32Array(memory, at * 4, REQUEST_WORDS);
    this.answer = new Int32Array(memory, answer * 4, ANSWER_WORDS);
    this.calls = new Int32Array(memory, (answer + ANSWER_WORDS) * 4, MOST_LISTED * LISTED_WORDS);
  }
}
