// The destinations of a crowd: they answer every INVITE and every BYE, at once or after a time.
import { ENDPOINT_WORDS } from "../../src/net/endpoint.ts";
import {
  BYE,
  BYE_OK_END,
  DESTINATION_HOSTS,
  Distance,
  destinationUri,
  FROM,
  INVITE_LINE_BYTES,
  inviteOkEnd,
  OK,
  readNumber,
  TAG_BYTES,
  TO_TAG,
} from "./messages.ts";
import type { Wire } from "./wire.ts";

const LETTER_A = 0x41;
const LETTER_B = 0x42;

interface Answer {
  readonly due: number;
  readonly bytes: Buffer;
  readonly socket: number;
}

/** All destinations. */
export class Answerer {
  /** INVITEs, those that came more than once, and what is none of ours. */
  invites = 0;
  doubled = 0;
  strange = 0;
  readonly #wire: Wire;
  readonly #okEnds: readonly Buffer[];
  readonly #byeLineBytes: number;
  readonly #mask: number;
  /** By call: the number of the last INVITE that came for it. */
  readonly #seen: Int32Array;
  readonly #answerAfter: number;
  #waiting: Answer[] = [];
  #first = 0;

  /** An INVITE is answered after `answerAfter` ms; `memory` calls, a power of two, are remembered. */
  constructor(wire: Wire, destinationPort: number, answerAfter: number, memory: number) {
    this.#wire = wire;
    this.#okEnds = DESTINATION_HOSTS.map((_, i) => inviteOkEnd(i, destinationPort, "udp"));
    this.#byeLineBytes = BYE.length + destinationUri(0, destinationPort, "udp").length + " SIP/2.0".length;
    this.#mask = memory - 1;
    this.#seen = new Int32Array(memory);
    this.#answerAfter = answerAfter;
  }

  /** Answers what has arrived, and what was to be answered by now. */
  turn(now: number): void {
    const { destinations, outbox, balancer } = this.#wire;
    for (const source of destinations) {
      const count = source.receive();
      for (let i = 0; i < count; i++) this.#take(i, source.socket, source.destination, now);
      outbox.flush();
    }
    for (; this.#first < this.#waiting.length && this.#waiting[this.#first]!.due <= now; this.#first++) {
      const { bytes, socket } = this.#waiting[this.#first]!;
      bytes.copy(outbox.bytes, outbox.claim());
      outbox.commit(bytes.length, socket, balancer, 0);
    }
    outbox.flush();
    if (this.#first > 1024) {
      this.#waiting = this.#waiting.slice(this.#first);
      this.#first = 0;
    }
  }

  #take(i: number, socket: number, destination: number, now: number): void {
    const { inbox, outbox } = this.#wire;
    const { bytes } = inbox;
    const start = inbox.start[i]!;
    const first = bytes[start]!;
    if (first === LETTER_A) return;
    const from = bytes.indexOf(FROM, start);
    if (from < 0 || from > inbox.end[i]!) {
      this.strange++;
      return;
    }
    const out = outbox.bytes;
    const begin = outbox.claim();
    let at = begin + OK.copy(out, begin);
    if (first === LETTER_B) {
      at += bytes.copy(out, at, start + this.#byeLineBytes, from + Distance.byeEnd + TAG_BYTES);
      at += BYE_OK_END.copy(out, at);
    } else {
      this.invites++;
      const number = readNumber(bytes, from + Distance.number);
      // A copy gets the same answer (RFC 3261 17.2.1), or waits for it with the first one.
      const isCopy = this.#seen[number & this.#mask] === number;
      if (isCopy) this.doubled++;
      if (isCopy && this.#answerAfter > 0) return;
      this.#seen[number & this.#mask] = number;
      at += bytes.copy(out, at, start + INVITE_LINE_BYTES, from + Distance.toEnd);
      at += TO_TAG.copy(out, at);
      at += bytes.copy(out, at, from + Distance.toEnd, from + Distance.inviteEnd);
      at += this.#okEnds[destination]!.copy(out, at);
      if (this.#answerAfter > 0) {
        this.#waiting.push({ due: now + this.#answerAfter, bytes: Buffer.from(out.subarray(begin, at)), socket });
        return;
      }
    }
    outbox.commit(at - begin, socket, inbox.peer, i * ENDPOINT_WORDS);
  }
}
