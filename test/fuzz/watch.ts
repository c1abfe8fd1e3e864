// What must hold for every message, whatever it is: judged at the moment a datagram leaves, and of the tables afterwards.
import { DESTINATION_WORDS } from "../../src/bridge/snapshot.ts";
import type { Outbox } from "../../src/net/batch.ts";
import { ENDPOINT_WORDS, formatEndpoint, parseEndpoint, sameAddress, sameEndpoint } from "../../src/net/endpoint.ts";
import { Count } from "../../src/proxy/context.ts";
import { Message } from "../../src/sip/message.ts";
import { Method } from "../../src/sip/method.ts";
import { Reason } from "../../src/sip/reason.ts";
import { validateRequest, validateResponse } from "../../src/sip/validate.ts";
import { AddressBook } from "./address-book.ts";
import { compareRequest, compareResponse } from "./compare.ts";
import type { Setting } from "./configurations.ts";
import { StrictReader } from "./strict-reader.ts";
import type { World } from "./world.ts";

/** Our own answers may be so many times as long as what they answer. */
const AMPLIFICATION = 3;
/** Responses from here on may be ours or another destination's rather than the one that just came. */
const FIRST_FAILURE = 300;
/** Below it nothing of SIP begins. */
const SPACE = 0x20;
const STUN_SUCCESS = 0x0101;

const NOTHING: ReadonlySet<string> = new Set();

/** Something that must not happen has happened. */
export class Violation extends Error {}

/** What left, for those who want to answer it; the bytes are good until the call returns. */
export type Observer = (
  bytes: Buffer,
  start: number,
  end: number,
  isRequest: boolean,
  peer: Int32Array,
  listener: number,
) => void;

/** Watches one world. */
export class Watch {
  /** Milliseconds spent here. */
  spent = 0;
  /** Datagrams judged. */
  left = 0;
  world: World | null = null;
  readonly #observe: Observer;
  readonly #destinations: AddressBook = new AddressBook();
  /** Those whom the configuration trusts, those who sent requests, and where the pool asked us to send some. */
  readonly #vouched: AddressBook = new AddressBook();
  readonly #callers: AddressBook = new AddressBook();
  readonly #reached: AddressBook = new AddressBook();
  readonly #input: Message = new Message();
  readonly #output: Message = new Message();
  readonly #inputLines: StrictReader = new StrictReader();
  readonly #outputLines: StrictReader = new StrictReader();
  readonly #peer: Int32Array = new Int32Array(ENDPOINT_WORDS);
  readonly #to: Int32Array = new Int32Array(ENDPOINT_WORDS);
  /** The message at hand: null while only time passes. */
  #bytes: Buffer | null = null;
  #length = 0;
  #since = 0;
  #isValid = false;
  #isTrusted = false;
  readonly #protected: ReadonlySet<string>;
  #withheld: ReadonlySet<string> = NOTHING;
  #replies = 0;
  #resent = 0;
  #followed = 0;
  #answered = 0;

  constructor({ snapshot, trusted }: Setting, observe: Observer) {
    this.#observe = observe;
    for (const host of trusted) {
      parseEndpoint(host, 0, this.#to, 0);
      this.#vouched.add(this.#to, 0);
    }
    this.#protected = new Set(snapshot.protectedHeaders.map((name) => name.toLowerCase()));
    for (let slot = 0; slot < snapshot.destinationRows; slot++)
      this.#destinations.add(snapshot.destinations, slot * DESTINATION_WORDS);
  }

  /** This datagram is about to be received from `peer`. */
  begin(bytes: Buffer, length: number, peer: Int32Array): void {
    this.#bytes = bytes;
    this.#length = length;
    this.#since = this.world!.now;
    this.#peer.set(peer);
    const input = this.#input;
    this.#isValid = input.reset(bytes, 0, length) === Reason.ok && judge(input) === Reason.ok;
    // Who is of the pool, or whom the pool asked us to reach, is believed about where a request goes.
    this.#isTrusted = this.#destinations.hasAddress(peer, 0) || this.#reached.hasAddress(peer, 0);
    this.#withheld =
      this.#destinations.hasEndpoint(peer, 0) || this.#vouched.hasAddress(peer, 0) ? NOTHING : this.#protected;
    if (input.isRequest) this.#callers.add(peer, 0);
    this.#replies = this.world!.counter(Count.replies);
    this.#resent = this.world!.counter(Count.retransmissions_sent);
    this.#followed = this.world!.counter(Count.flows_followed);
    this.#answered = 0;
  }

  /** It has been handled; `now` only timers may send something. */
  end(): void {
    const { world } = this;
    if (this.#bytes === null || world === null) return;
    this.#bytes = null;
    const isOwn =
      world.counter(Count.replies) > this.#replies && world.counter(Count.retransmissions_sent) === this.#resent;
    if (isOwn && this.#input.isRequest && this.#answered > AMPLIFICATION * this.#length)
      throw new Violation(`${this.#answered} bytes answer ${this.#length}`);
  }

  /** To be given to the world as its sink. */
  readonly sink = (outbox: Outbox): void => {
    const since = performance.now();
    for (let i = 0; i < outbox.count; i++) {
      this.left++;
      const start = outbox.start[i]!;
      const end = outbox.end[i]!;
      for (let w = 0; w < ENDPOINT_WORDS; w++) this.#to[w] = outbox.peer[i * ENDPOINT_WORDS + w]!;
      const isSip = outbox.bytes[start]! >= SPACE;
      const wrong = isSip ? this.#judge(outbox.bytes, start, end) : this.#judgeOther(outbox.bytes, start, end);
      if (wrong !== "") {
        const text = outbox.bytes.toString("latin1", start, Math.min(end, start + 4000));
        throw new Violation(`${wrong}; to ${formatEndpoint(this.#to, 0)}:\n${text}`);
      }
      if (isSip) this.#observe(outbox.bytes, start, end, this.#output.isRequest, this.#to, outbox.listener[i]!);
    }
    this.spent += performance.now() - since;
  };

  #judge(bytes: Buffer, start: number, end: number): string {
    const output = this.#output;
    const reason = output.reset(bytes, start, end);
    // Who waited for room in a ring has let time pass: timers may have spoken as well.
    const isDirect = this.#bytes !== null && this.world?.now === this.#since;
    const isAnswer = isDirect && this.#input.isRequest && !output.isRequest;
    // An answer to what was malformed repeats its header lines as far as they were legible: lines, no more.
    const mustBeWhole = !isAnswer || this.#isValid;
    const wrong = this.#outputLines.read(bytes, start, end, mustBeWhole);
    if (wrong !== "") return wrong;
    if (output.end !== end) return `${end - output.end} bytes too many`;
    if (mustBeWhole) {
      const fault = reason === Reason.ok ? judge(output) : reason;
      if (fault !== Reason.ok && !isTheirs(fault, output)) return `our own reader finds fault ${fault}`;
    }
    if (output.isRequest && isKeepAlive(output))
      return this.#callers.hasEndpoint(this.#to, 0) ? "" : "a keep-alive to a stranger";
    const lost = this.#misled(output.isRequest, isAnswer);
    if (lost !== "") return lost;
    return isDirect ? this.#compare(isAnswer, end - start) : "";
  }

  /** What is no SIP: a keep-alive to somebody who registered, or the answer to a STUN request. */
  #judgeOther(bytes: Buffer, start: number, end: number): string {
    if (end - start === 4 && bytes.toString("latin1", start, end) === "\r\n\r\n")
      return this.#callers.hasEndpoint(this.#to, 0) ? "" : "a keep-alive to a stranger";
    if (bytes.readUInt16BE(start) !== STUN_SUCCESS) return "this is nothing";
    if (this.#bytes === null || this.#bytes[0]! >= SPACE) return "a STUN answer to nothing";
    if (!sameEndpoint(this.#to, 0, this.#peer, 0)) return "a STUN answer to somebody else";
    return end - start > AMPLIFICATION * this.#length ? `${end - start} bytes answer ${this.#length}` : "";
  }

  /** Whether it goes to somebody who has no part in this. */
  #misled(isRequest: boolean, isAnswer: boolean): string {
    const to = this.#to;
    if (!isRequest) {
      // A repeated answer goes to whoever asked first.
      const isAgain = isAnswer && this.world!.counter(Count.retransmissions_sent) > this.#resent;
      if (isAnswer && !isAgain && !sameAddress(to, 0, this.#peer, 0)) return "an answer to somebody else";
      return this.#callers.hasAddress(to, 0) ? "" : "a response to somebody who asked nothing";
    }
    if (this.#destinations.hasEndpoint(to, 0) || this.#callers.hasEndpoint(to, 0) || this.#reached.hasEndpoint(to, 0))
      return "";
    if (this.#bytes === null || !this.#isTrusted || !this.#input.isRequest) return "a request to a stranger";
    this.#reached.add(to, 0);
    return "";
  }

  #compare(isAnswer: boolean, length: number): string {
    const input = this.#input;
    const output = this.#output;
    if (isAnswer) {
      this.#answered += length;
      return "";
    }
    if (input.isRequest) {
      // A CANCEL of ours is not the caller's.
      if (!this.#isValid) return "a malformed request was forwarded";
      if (input.method === Method.CANCEL || output.cseq !== input.cseq || output.method !== input.method) return "";
      const stolen = this.#withheld !== NOTHING && !this.#destinations.hasEndpoint(this.#to, 0) && this.#hasFlow();
      if (stolen) return "a stranger reached somebody by a flow";
      return this.#readInput() || compareRequest(this.#inputLines, this.#outputLines, this.#withheld);
    }
    if (!this.#isValid) return "a malformed response caused a message";
    if (output.isRequest || output.status !== input.status || input.status >= FIRST_FAILURE) return "";
    const mayVouch = this.#destinations.hasAddress(this.#peer, 0);
    return this.#readInput() || compareResponse(this.#inputLines, this.#outputLines, this.#withheld, mayVouch);
  }

  /** Whether the input was sent over a flow that its Route names. Beside such a Route it may belong to a dialog, and go there. */
  #hasFlow(): boolean {
    return this.world!.counter(Count.flows_followed) > this.#followed;
  }

  #readInput(): string {
    const { start, end } = this.#input;
    const wrong = this.#inputLines.read(this.#bytes!, start, end, true);
    return wrong === "" ? "" : `forwarded, although: ${wrong}`;
  }
}

/** An OPTIONS of our own, by its branch. */
function isKeepAlive({ bytes, topVia }: Message): boolean {
  return bytes.toString("latin1", topVia.branchStart, topVia.branchStart + 8) === "z9hG4bKk";
}

/**
 * Faults that are a destination's own: the Via below ours in its response, and its To, which our ACK must repeat (RFC 3261
 * 17.1.1.3). Whoever gets them will judge.
 */
function isTheirs(fault: Reason, output: Message): boolean {
  return output.isRequest ? fault === Reason.badTo && output.method === Method.ACK : fault === Reason.badVia;
}

function judge(message: Message): Reason {
  return message.isRequest ? validateRequest(message) : validateResponse(message);
}
