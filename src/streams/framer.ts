// Messages out of a stream of bytes (RFC 3261 18.3): wherever the network cuts it, exactly the messages that were sent come
// out. The headers are read by the same parser as everywhere, so that nobody after us sees another length.
import { MAX_DATAGRAM } from "../net/batch.ts";
import { Header } from "../sip/header.ts";
import type { Message } from "../sip/message.ts";
import { Reason } from "../sip/reason.ts";
import { CLASS, Class } from "../sip/scan.ts";

const CR = 0x0d;
const LF = 0x0a;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
/** The first buffer of a message that comes in pieces. */
const FIRST_BYTES = 2048;

/** Who takes what the framer finds. `bytes` are only good during the call. */
export interface FrameHandler {
  /** The headers of a message are whole: what it returns is given to `message` with them. The view is only good now. */
  headers(message: Message): number;
  /** A whole message lies in `start..end`. False: there is no room just now; it is offered again by `resume`. */
  message(bytes: Buffer, start: number, end: number, mark: number): boolean;
  /** A keep-alive that wants an answer: two line ends between messages (RFC 5626 3.5.1). */
  ping(): void;
  /**
   * What follows cannot be told apart any more: the connection is to be closed. `start..end` are the headers as far as they
   * came, `status` is the answer that their sender should get; 0: none.
   */
  broken(bytes: Buffer, start: number, end: number, status: number): void;
}

/** The framer of one connection. It holds no memory between messages. */
export class Framer {
  readonly #handler: FrameHandler;
  readonly #view: Message;
  readonly #headerBytes: number;
  /** What has come of a message that is not whole, or could not be handed on: `from..to` of it. */
  #held: Buffer | null = null;
  #from = 0;
  #to = 0;
  /** Bytes of the message at hand that have been searched for the end of its headers. */
  #searched = 0;
  /** Length of the message at hand; 0 while its headers are not whole. */
  #length = 0;
  #mark = 0;
  /** Line ends in a row, since the last message. */
  #lineEnds = 0;
  #isBroken = false;

  /** `view` reads headers; many framers of one thread may share it. `headerBytes` limits start line and headers. */
  constructor(handler: FrameHandler, view: Message, headerBytes: number) {
    this.#handler = handler;
    this.#view = view;
    this.#headerBytes = headerBytes;
  }

  /** Whether a message has begun and not ended. */
  get isPartial(): boolean {
    return this.#to > this.#from;
  }

  /**
   * Takes what has arrived, the first `length` bytes of `chunk`, which may be overwritten afterwards. False: the handler had no
   * room, no more may come until `resume` returns true.
   */
  push(chunk: Buffer, length: number = chunk.length): boolean {
    if (this.#isBroken || length === 0) return true;
    if (this.#held !== null) {
      this.#append(chunk, 0, length);
      return this.resume();
    }
    const at = this.#read(chunk, 0, length);
    if (at < length && !this.#isBroken) this.#append(chunk, at, length);
    return !this.#isWaiting();
  }

  /** Offers again what the handler had no room for, and goes on; false: there is no room yet. */
  resume(): boolean {
    const held = this.#held;
    if (held === null) return true;
    this.#from = this.#read(held, this.#from, this.#to);
    if (this.#from === this.#to || this.#isBroken) {
      this.#held = null;
      this.#from = 0;
      this.#to = 0;
    }
    return !this.#isWaiting();
  }

  /** Whether a whole message is here that the handler did not take. */
  #isWaiting(): boolean {
    return this.#length > 0 && this.#to - this.#from >= this.#length;
  }

  #append(chunk: Buffer, start: number, end: number): void {
    const kept = this.#to - this.#from;
    const needed = kept + end - start;
    let held = this.#held;
    if (held === null || this.#to + end - start > held.length) {
      // Twice as much as needed, so that bytes that come one by one are not copied once per byte.
      const roomy = held !== null && needed <= held.length >> 1 ? held : null;
      const next = roomy ?? Buffer.allocUnsafe(Math.max(FIRST_BYTES, this.#length, needed * 2));
      held?.copy(next, 0, this.#from, this.#to);
      held = next;
      this.#from = 0;
      this.#to = kept;
    }
    chunk.copy(held, this.#to, start, end);
    this.#held = held;
    this.#to += end - start;
  }

  /** Takes messages from `at..end`; returns the offset of the first byte that is not done with. */
  #read(bytes: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end) {
      if (this.#length === 0) {
        if (this.#searched === 0) {
          const next = this.#skipLineEnds(bytes, at, end);
          if (next === end || this.#isBroken) return next;
          if (bytes[next] === CR) return next;
          at = next;
        }
        if (!this.#readHeaders(bytes, at, end)) return this.#isBroken ? end : at;
      }
      if (end - at < this.#length) return at;
      if (!this.#handler.message(bytes, at, at + this.#length, this.#mark)) return at;
      at += this.#length;
      this.#length = 0;
    }
    return at;
  }

  /** Skips keep-alives; stops at a message, at a CR that may be half a line end, or at `end`. */
  #skipLineEnds(bytes: Buffer, start: number, end: number): number {
    let at = start;
    for (; at < end && bytes[at] === CR; at += 2) {
      if (at + 1 === end) return at;
      if (bytes[at + 1] !== LF) return this.#break(bytes, at, at, 0, end);
      if (++this.#lineEnds < 2) continue;
      this.#lineEnds = 0;
      this.#handler.ping();
    }
    if (at < end && (CLASS[bytes[at]!]! & Class.token) === 0) return this.#break(bytes, at, at, 0, end);
    return at;
  }

  /** Finds the end of the headers and what they say about the length; false when they are not whole, or wrong. */
  #readHeaders(bytes: Buffer, start: number, end: number): boolean {
    const limit = Math.min(end, start + this.#headerBytes);
    const view = this.#view;
    // Nearly always the headers have come whole, and the parser finds their end in the same pass.
    const isNew = this.#searched === 0;
    const reason = isNew ? view.measure(bytes, start, limit) : Reason.noTerminator;
    if (reason === Reason.ok || reason === Reason.shortBody)
      return this.#take(reason, bytes, start, view.bodyStart, end);
    let at = start + this.#searched;
    let bodyStart = -1;
    for (; at < limit; at++) {
      if (bytes[at] !== LF || at - start < 3) continue;
      if (bytes[at - 2] === LF && bytes[at - 1] === CR && bytes[at - 3] === CR) {
        bodyStart = at + 1;
        break;
      }
    }
    this.#searched = at - start;
    if (bodyStart < 0) {
      if (end - start >= this.#headerBytes) this.#break(bytes, start, limit, 400, end);
      return false;
    }
    return this.#take(view.measure(bytes, start, bodyStart), bytes, start, bodyStart, end);
  }

  /** Whole headers have been read into the view: false when they are wrong. */
  #take(reason: Reason, bytes: Buffer, start: number, bodyStart: number, end: number): boolean {
    const view = this.#view;
    const status = this.#judge(reason, bodyStart - start);
    if (status >= 0) {
      this.#break(bytes, start, bodyStart, status, end);
      return false;
    }
    this.#mark = this.#handler.headers(view);
    this.#length = bodyStart - start + view.contentLength;
    this.#searched = 0;
    this.#lineEnds = 0;
    return true;
  }

  /** -1 when the message can be framed, else the status of the answer; 0: none. Other faults are not the framer's. */
  #judge(reason: Reason, headerBytes: number): number {
    const view = this.#view;
    if (reason !== Reason.ok && reason <= Reason.notSip) return 0;
    if (view.count[Header.contentLength] !== 1 || view.contentLength < 0) return 400;
    if (reason !== Reason.ok && hasDoubtfulLineEnd(view.bytes, view.headersStart - 2, view.bodyStart)) return 400;
    return headerBytes + view.contentLength > MAX_DATAGRAM ? 513 : -1;
  }

  #break(bytes: Buffer, start: number, end: number, status: number, behind: number): number {
    this.#isBroken = true;
    this.#handler.broken(bytes, start, end, status);
    return behind;
  }
}

/**
 * Whether headers that are faulty anyway have line ends of which the proxy before us may think differently. A Content-Length
 * behind one is a length to one of us only, and what it takes for a body would be a message to us: one that its
 * sender smuggled through.
 */
function hasDoubtfulLineEnd(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const c = bytes[at]!;
    if (c > CR) continue;
    if ((c === 0 && bytes[at - 1] !== BACKSLASH) || (c === LF && bytes[at - 1] !== CR)) return true;
    if (c !== CR) continue;
    if (bytes[at + 1] !== LF) return true;
    let blank = at + 2;
    while (blank < end && (bytes[blank] === 0x20 || bytes[blank] === 0x09)) blank++;
    if (blank === at + 2) continue;
    // A line of nothing but blanks, or a name that is folded before its colon.
    if (bytes[blank] === CR || (bytes[blank] === COLON && bytes.lastIndexOf(COLON, at) < bytes.lastIndexOf(LF, at)))
      return true;
  }
  return false;
}
