// Client transactions (RFC 3261 17.1) as rows of one Int32Array. A server transaction has one current branch and may have
// abandoned ones, which live on until the destination has spoken its last word.
import { ENDPOINT_WORDS } from "../net/endpoint.ts";
import { plainMemory, type Reserve } from "./reserve.ts";
import { Wheel } from "./wheel.ts";

/** States of a client transaction. `calling` is also the trying state of a non-INVITE. */
export const BranchState = { free: 0, calling: 1, proceeding: 2, completed: 3, accepted: 4 } as const;

/** Bits of the `flags` word. */
export const BranchFlag = {
  /** Failed over or cancelled: its final response no longer decides, except a 2xx. */
  abandoned: 1,
  /** To be cancelled at the first provisional response (RFC 3261 9.1). */
  cancelWanted: 2,
  /** CANCEL has been sent and not been answered. */
  cancelling: 4,
  /** CANCEL has been sent and answered. */
  cancelled: 8,
  /** It is large and went by TCP where its destination has UDP: if TCP is refused, it goes by UDP (RFC 3261 18.1.1). */
  moved: 16,
  /** It goes by UDP, however large it is. */
  stays: 32,
  /** Its request URI is kept with it: not the one that came. */
  rewritten: 64,
  /** Counted as a call on its destination, or outside of all, until it is answered or over. */
  counted: 128,
  /** One of several that went at once: `breadth` is its part of the request's Max-Breadth. */
  forked: 256,
  /** Has said nothing within `answer_within`, which was counted, while others of its fork keep the request: it may ring yet. */
  silent: 512,
  /** Has not left and will not: another address of its name was connected first. */
  outrun: 1024,
  /** Waits for its own connection, whatever other address may be there first. */
  waits: 2048,
} as const;

/** Word offsets of a row; the first 16 words are one cache line. */
export const B = {
  transaction: 0,
  /** Next branch of the same transaction; next free row. */
  chain: 1,
  /** Random word that a response must carry. */
  nonce: 2,
  state: 3,
  flags: 4,
  /** Slot of the destination, or -1 (in a dialog with a destination that is no longer configured, from the pool). */
  slot: 5,
  listener: 6,
  endpoint: 7,
  wheel: 7 + ENDPOINT_WORDS,
  /** Milliseconds at which it was sent. */
  sent: 16,
  interval: 17,
  deadline: 18,
  /** Loop-detection word in the branch parameter. */
  loop: 19,
  /** Its request URI in the message store, where it is `rewritten`. */
  uri: 20,
  uriLength: 21,
  /** One more than the account that holds the resources of its call; 0: none does. */
  account: 22,
  /** Max-Breadth that it is sent with, where it is `forked` (RFC 5393 5.3.3). */
  breadth: 23,
  /** The early dialog that came of it last; 0: none. */
  dialog: 24,
} as const;
/** Words per row. */
export const BRANCH_WORDS = 32;

/** The table of branches of one worker. Row 0 is never used. */
export class Branches {
  readonly words: Int32Array;
  readonly wheel: Wheel;
  readonly capacity: number;
  #free = 0;
  #fresh = 1;
  #count = 0;

  constructor(capacity: number, now: number, reserve: Reserve = plainMemory) {
    this.capacity = capacity;
    this.words = new Int32Array(reserve((capacity + 1) * BRANCH_WORDS * 4));
    this.wheel = new Wheel(this.words, BRANCH_WORDS, B.wheel, now);
  }

  /** Rows that are taken. */
  get count(): number {
    return this.#count;
  }

  /** The highest row that was ever in use. */
  get highest(): number {
    return this.#fresh - 1;
  }

  /** A new row, zeroed; 0 when the table is full. */
  create(): number {
    let row = this.#free;
    if (row !== 0) this.#free = this.words[row * BRANCH_WORDS + B.chain]!;
    else if (this.#fresh <= this.capacity) row = this.#fresh++;
    else return 0;
    const at = row * BRANCH_WORDS;
    // startBranch writes the rest.
    this.words[at + B.chain] = 0;
    this.words[at + B.flags] = 0;
    this.words[at + B.account] = 0;
    this.words[at + B.dialog] = 0;
    this.words[at + B.wheel + 1] = 0;
    this.#count++;
    return row;
  }

  /** Whether the row is in use and carries this nonce. */
  holds(row: number, nonce: number): boolean {
    if (row <= 0 || row > this.capacity) return false;
    const at = row * BRANCH_WORDS;
    return this.words[at + B.state] !== BranchState.free && this.words[at + B.nonce] === nonce;
  }

  /** Frees the row, and disarms its timer. */
  remove(row: number): void {
    const at = row * BRANCH_WORDS;
    this.wheel.disarm(row);
    this.words[at + B.state] = BranchState.free;
    this.words[at + B.chain] = this.#free;
    this.#free = row;
    this.#count--;
  }
}
