// Dialogs that this worker remembers: requests without a Route follow them, calls are counted by them, and a challenged
// request finds its challenger again. A row per dialog, found by the hash of its Call-ID.
import { ENDPOINT_WORDS } from "../net/endpoint.ts";
import { plainMemory, type Reserve } from "./reserve.ts";
import { Wheel } from "./wheel.ts";

/** What a row stands for. */
export const DialogState = {
  free: 0,
  /** A provisional response with a To tag was seen. */
  early: 1,
  confirmed: 2,
  /** BYE was answered; remembered for stragglers. */
  ended: 3,
  /** 401 or 407: where the next attempt has to go. */
  challenged: 4,
} as const;

/** Bits of the `flags` word. */
export const DialogFlag = {
  /** The caller is behind NAT: requests towards it go to its recorded source. */
  nat: 1,
  /** Holds one call of its destination's load, or of those outside of all. */
  counted: 2,
  /** Holds resources of the destination that made the call. */
  takesOfSender: 4,
  /** Confirmed by a 2xx that its caller may not want, and no request has passed since. */
  doubted: 8,
} as const;

/** Word offsets of a row; the first 16 words are one cache line. */
export const D = {
  call1: 0,
  call2: 1,
  /** Next row of the bucket; next free row. */
  chain: 2,
  callerTag: 3,
  calleeTag: 4,
  state: 5,
  flags: 6,
  slot: 7,
  wheel: 8,
  /** Where it is `challenged`: CSeq of the request. */
  cseq: 11,
  /** Where it is `early`: the branch that it came of, for as long as there is one. */
  branch: 11,
  /** Listener towards the destination; listener towards the caller. */
  outgoing: 12,
  incoming: 13,
  /** In `challenged`: the set of who did. */
  set: 12,
  /** As in a transaction. */
  resources: 14,
  account: 15,
  destination: 16,
  caller: 16 + ENDPOINT_WORDS,
  /** Of a confirmed one: milliseconds within which the session is refreshed (RFC 4028), 0: nobody said; when it was confirmed. */
  session: 28,
  since: 29,
  /** Where `takesOfSender` is set: the account, and a bit for each resource. */
  senderAccount: 30,
  senderResources: 31,
} as const;
/** Words per row. */
export const DIALOG_WORDS = 32;

/** The table of dialogs of one worker. Row 0 is never used. */
export class Dialogs {
  readonly words: Int32Array;
  readonly wheel: Wheel;
  readonly capacity: number;
  /** Rows in state `challenged`: when zero, nobody needs to look for one. */
  challenged = 0;
  /** Rows that are `doubted`, likewise. */
  doubted = 0;
  readonly #buckets: Int32Array;
  readonly #mask: number;
  #free = 0;
  #fresh = 1;
  #count = 0;

  constructor(capacity: number, now: number, reserve: Reserve = plainMemory) {
    this.capacity = capacity;
    this.words = new Int32Array(reserve((capacity + 1) * DIALOG_WORDS * 4));
    this.wheel = new Wheel(this.words, DIALOG_WORDS, D.wheel, now);
    let buckets = 1024;
    while (buckets < capacity && buckets < 1 << 22) buckets *= 2;
    this.#buckets = new Int32Array(reserve(buckets * 4));
    this.#mask = buckets - 1;
  }

  /** Rows that are taken. */
  get count(): number {
    return this.#count;
  }

  /** The highest row that was ever in use. */
  get highest(): number {
    return this.#fresh - 1;
  }

  /** A new row; 0 when the table is full. */
  create(call1: number, call2: number): number {
    let row = this.#free;
    if (row !== 0) this.#free = this.words[row * DIALOG_WORDS + D.chain]!;
    else if (this.#fresh <= this.capacity) row = this.#fresh++;
    else return 0;
    const at = row * DIALOG_WORDS;
    const words = this.words;
    for (let i = D.callerTag; i <= D.account; i++) words[at + i] = 0;
    words[at + D.call1] = call1;
    words[at + D.call2] = call2;
    const bucket = call1 & this.#mask;
    words[at + D.chain] = this.#buckets[bucket]!;
    this.#buckets[bucket] = row;
    this.#count++;
    return row;
  }

  /**
   * The dialog with this Call-ID in which one side has `tagA` and the other `tagB` (hashes of tags), whichever way round;
   * 0 when there is none. A row that knows no callee tag does not match.
   */
  find(call1: number, call2: number, tagA: number, tagB: number): number {
    const words = this.words;
    for (let row = this.#buckets[call1 & this.#mask]!; row !== 0; row = words[row * DIALOG_WORDS + D.chain]!) {
      const at = row * DIALOG_WORDS;
      if (words[at] !== call1 || words[at + 1] !== call2 || words[at + D.state] === DialogState.challenged) continue;
      const caller = words[at + D.callerTag];
      const callee = words[at + D.calleeTag];
      if ((caller === tagA && callee === tagB) || (caller === tagB && callee === tagA)) return row;
    }
    return 0;
  }

  /**
   * The challenge that was answered to this Call-ID and From tag by a destination of this set; else one of another set, if its request
   * came before that of `cseq`; or 0.
   */
  findChallenge(call1: number, call2: number, callerTag: number, set: number, cseq: number): number {
    const words = this.words;
    let older = 0;
    for (let row = this.#buckets[call1 & this.#mask]!; row !== 0; row = words[row * DIALOG_WORDS + D.chain]!) {
      const at = row * DIALOG_WORDS;
      if (
        words[at] === call1 &&
        words[at + 1] === call2 &&
        words[at + D.callerTag] === callerTag &&
        words[at + D.state] === DialogState.challenged
      ) {
        if (words[at + D.set] === set) return row;
        if (words[at + D.cseq]! < cseq) older = row;
      }
    }
    return older;
  }

  /** Frees the row, and disarms its timer. */
  remove(row: number): void {
    const words = this.words;
    const at = row * DIALOG_WORDS;
    const bucket = words[at]! & this.#mask;
    let previous = this.#buckets[bucket]!;
    if (previous === row) this.#buckets[bucket] = words[at + D.chain]!;
    else {
      while (words[previous * DIALOG_WORDS + D.chain] !== row) previous = words[previous * DIALOG_WORDS + D.chain]!;
      words[previous * DIALOG_WORDS + D.chain] = words[at + D.chain]!;
    }
    this.#release(row);
  }

  /** Removes all early dialogs with this Call-ID that came of `branch`. */
  removeEarly(call1: number, call2: number, branch: number): void {
    const words = this.words;
    const bucket = call1 & this.#mask;
    let previous = 0;
    for (let row = this.#buckets[bucket]!; row !== 0; ) {
      const at = row * DIALOG_WORDS;
      const next = words[at + D.chain]!;
      const isMeant =
        words[at] === call1 &&
        words[at + 1] === call2 &&
        words[at + D.state] === DialogState.early &&
        words[at + D.branch] === branch;
      if (!isMeant) previous = row;
      else {
        if (previous === 0) this.#buckets[bucket] = next;
        else words[previous * DIALOG_WORDS + D.chain] = next;
        this.#release(row);
      }
      row = next;
    }
  }

  /** The row is not `doubted` any more, if it was. */
  believe(row: number): void {
    const flags = row * DIALOG_WORDS + D.flags;
    if ((this.words[flags]! & DialogFlag.doubted) === 0) return;
    this.words[flags] = this.words[flags]! & ~DialogFlag.doubted;
    this.doubted--;
  }

  /** A row that no bucket has any more. */
  #release(row: number): void {
    const words = this.words;
    const at = row * DIALOG_WORDS;
    this.wheel.disarm(row);
    if (words[at + D.state] === DialogState.challenged) this.challenged--;
    this.believe(row);
    words[at + D.state] = DialogState.free;
    words[at + D.chain] = this.#free;
    this.#free = row;
    this.#count--;
  }
}
