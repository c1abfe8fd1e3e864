// Callers, destinations and meter in one thread: it never sleeps, so what it measures waits only for the balancer. A call
// is INVITE, 200, ACK, BYE, 200: five messages through the balancer, the later ones by its Record-Route.
import type { Inbox, Outbox } from "../../src/net/batch.ts";
import { ENDPOINT_WORDS } from "../../src/net/endpoint.ts";
import { Latencies } from "./latency.ts";
import {
  ACK,
  ACK_END,
  BYE,
  BYE_END,
  BYE_OK_END,
  DESTINATION_HOSTS,
  Distance,
  destinationUri,
  FROM,
  INVITE_LINE_BYTES,
  inviteOkEnd,
  inviteTemplate,
  LINE_END,
  OK,
  RECORD_ROUTE,
  readNumber,
  TAG_BYTES,
  type Template,
  TO_TAG,
  viaTemplate,
  writeNumber,
} from "./messages.ts";
import type { CallerSource, Wire } from "./wire.ts";

/** Calls whose times are kept: far more than are ever under way. */
const MEMORY = 1 << 20;
const OPEN = 1;
const LETTER_A = 0x41;
const LETTER_B = 0x42;
const LETTER_I = 0x49;
const DIGIT_1 = 0x31;
const DIGIT_2 = 0x32;

/** Running totals. */
export interface Totals {
  /** Messages that came through the balancer. */
  messages: number;
  /** Calls begun, ended well, and answered with anything but 200. */
  started: number;
  done: number;
  refused: number;
  /** Messages that are none of ours, or not as they were sent. */
  strange: number;
}

interface Caller {
  readonly source: CallerSource;
  /** One, or as many as there are lengths; the number of a call chooses. */
  readonly variants: readonly Variant[];
}

interface Variant {
  readonly invite: Template;
  readonly ackVia: Template;
  readonly byeVia: Template;
}

/** As by chance: numbers that follow each other have lengths that do not. */
function variantOf(variants: readonly Variant[], number: number): Variant {
  return variants[(Math.imul(number, 0x9e3779b1) >>> 8) % variants.length]!;
}

/** Whether calls are whole, or end with the 200 to their INVITE (for latency at a rate). */
export type CallShape = "whole" | "answered";

/** The load. `turn` is called over and over. */
export class Generator {
  readonly totals: Totals = { messages: 0, started: 0, done: 0, refused: 0, strange: 0 };
  /** From a caller's socket to a destination's: INVITEs only. */
  readonly latencies: Latencies = new Latencies();
  /** From a caller's INVITE to its 200, in microseconds, one after the other, for as many as there is room for: none at first. */
  answerTimes: Float64Array = new Float64Array(0);
  /** How many of them there are. */
  answered = 0;
  shape: CallShape = "whole";
  readonly #inbox: Inbox;
  readonly #outbox: Outbox;
  readonly #callers: readonly Caller[];
  readonly #wire: Wire;
  readonly #okEnds: readonly Buffer[];
  readonly #uriBytes: number;
  readonly #byeLineBytes: number;
  readonly #sentAt = new Float64Array(MEMORY);
  readonly #state = new Uint8Array(MEMORY);
  #next = 0;
  #nextCaller = 0;
  #lost = 0;

  /** `lengths`: in how many lengths every kind of message comes. */
  constructor(wire: Wire, destinationPort: number, lengths = 1) {
    const { transport } = wire;
    this.#wire = wire;
    this.#inbox = wire.inbox;
    this.#outbox = wire.outbox;
    this.#callers = wire.callers.map((source) => ({
      source,
      variants: Array.from({ length: lengths }, (_, i): Variant => {
        const filler = "x".repeat(i);
        return {
          invite: inviteTemplate(source.port, transport, filler),
          ackVia: viaTemplate("ACK", source.port, transport, filler),
          byeVia: viaTemplate("BYE", source.port, transport, filler),
        };
      }),
    }));
    this.#okEnds = DESTINATION_HOSTS.map((_, i) => inviteOkEnd(i, destinationPort, transport));
    this.#uriBytes = destinationUri(0, destinationPort, transport).length;
    this.#byeLineBytes = BYE.length + this.#uriBytes + " SIP/2.0".length;
  }

  /** Calls that have begun and neither ended nor were given up. */
  get open(): number {
    return this.totals.started - this.totals.done - this.totals.refused - this.#lost;
  }

  /** Gives up all open calls; returns how many there were. Their late messages count as strange. */
  giveUp(): number {
    const { open } = this;
    this.#lost += open;
    this.#state.fill(0);
    return open;
  }

  /** Begins `begin` calls, then answers what has arrived. `now` in milliseconds. */
  turn(begin: number): void {
    if (begin > 0) this.#begin(begin);
    for (const source of this.#wire.destinations) {
      const count = source.receive();
      if (count === 0) continue;
      const now = performance.now();
      const okEnd = this.#okEnds[source.destination]!;
      for (let i = 0; i < count; i++) this.#atDestination(i, source.socket, okEnd, now);
      this.#outbox.flush();
    }
    for (const caller of this.#callers) {
      const count = caller.source.receive();
      for (let i = 0; i < count; i++) this.#atCaller(i, caller);
      this.#outbox.flush();
    }
  }

  #begin(count: number): void {
    const out = this.#outbox.bytes;
    const now = performance.now();
    // Batches of one caller are what datagrams of many callers look like; on connections they would save system calls.
    const isSpread = this.#wire.transport === "tcp";
    for (let i = 0; i < count; i++) {
      const { source, variants } = this.#callers[this.#nextCaller]!;
      if (isSpread || i === count - 1) this.#nextCaller = (this.#nextCaller + 1) % this.#callers.length;
      const number = this.#next++ | 0;
      const { invite } = variantOf(variants, number);
      const at = this.#outbox.claim();
      invite.bytes.copy(out, at);
      for (const place of invite.numbers) writeNumber(out, at + place, number);
      for (const place of invite.stirred) writeNumber(out, at + place, Math.imul(number, 0x9e3779b1));
      this.#outbox.commit(invite.bytes.length, source.socket, this.#wire.balancer, 0);
      this.#sentAt[number & (MEMORY - 1)] = now;
      this.#state[number & (MEMORY - 1)] = OPEN;
    }
    this.totals.started += count;
    this.#outbox.flush();
  }

  #atDestination(i: number, socket: number, okEnd: Buffer, now: number): void {
    const { bytes } = this.#inbox;
    const start = this.#inbox.start[i]!;
    const first = bytes[start]!;
    this.totals.messages++;
    if (first === LETTER_A) return;
    const from = first === LETTER_I || first === LETTER_B ? bytes.indexOf(FROM, start) : -1;
    if (from < 0 || from > this.#inbox.end[i]!) {
      this.totals.strange++;
      return;
    }
    const isBye = first === LETTER_B;
    const out = this.#outbox.bytes;
    const begin = this.#outbox.claim();
    let at = begin + OK.copy(out, begin);
    const lineEnd = start + (isBye ? this.#byeLineBytes : INVITE_LINE_BYTES);
    if (isBye) {
      at += bytes.copy(out, at, lineEnd, from + Distance.byeEnd + TAG_BYTES);
      at += BYE_OK_END.copy(out, at);
    } else {
      this.latencies.add((now - this.#sentAt[readNumber(bytes, from + Distance.number) & (MEMORY - 1)]!) * 1000);
      at += bytes.copy(out, at, lineEnd, from + Distance.toEnd);
      at += TO_TAG.copy(out, at);
      at += bytes.copy(out, at, from + Distance.toEnd, from + Distance.inviteEnd);
      at += okEnd.copy(out, at);
    }
    this.#outbox.commit(at - begin, socket, this.#inbox.peer, i * ENDPOINT_WORDS);
  }

  #atCaller(i: number, caller: Caller): void {
    const { bytes } = this.#inbox;
    const start = this.#inbox.start[i]!;
    const { totals } = this;
    const status = bytes[start + 8]!;
    if (status === DIGIT_1) return;
    const from = bytes.indexOf(FROM, start);
    if (from < 0 || from > this.#inbox.end[i]!) {
      totals.strange++;
      return;
    }
    totals.messages++;
    const number = readNumber(bytes, from + Distance.number);
    const call = number & (MEMORY - 1);
    if (this.#state[call] !== OPEN) {
      totals.strange++;
      return;
    }
    if (status !== DIGIT_2) {
      this.#state[call] = 0;
      totals.refused++;
      return;
    }
    const isBye = bytes[from + Distance.cseq + TAG_BYTES] === DIGIT_2;
    if (!isBye && this.answered < this.answerTimes.length)
      this.answerTimes[this.answered++] = (performance.now() - this.#sentAt[call]!) * 1000;
    if (isBye || this.shape === "answered") {
      this.#state[call] = 0;
      totals.done++;
      return;
    }
    const { ackVia, byeVia } = variantOf(caller.variants, number);
    this.#follow(ACK, ackVia, ACK_END, caller.source.socket, number, start, from);
    this.#follow(BYE, byeVia, BYE_END, caller.source.socket, number, start, from);
  }

  /** A request within the dialog of the 200 that begins at `start`. */
  #follow(
    method: Buffer,
    via: Template,
    end: Buffer,
    socket: number,
    number: number,
    start: number,
    from: number,
  ): void {
    const { bytes } = this.#inbox;
    const out = this.#outbox.bytes;
    const begin = this.#outbox.claim();
    const contact = from + Distance.contact + TAG_BYTES;
    const route = bytes.indexOf(RECORD_ROUTE, start) + RECORD_ROUTE.length;
    let at = begin + method.copy(out, begin);
    at += bytes.copy(out, at, contact, contact + this.#uriBytes);
    via.bytes.copy(out, at);
    for (const place of via.numbers) writeNumber(out, at + place, number);
    at += via.bytes.length;
    at += bytes.copy(out, at, route, bytes.indexOf(LINE_END, route));
    at += bytes.copy(out, at, from, from + Distance.callIdEnd + TAG_BYTES);
    at += end.copy(out, at);
    this.#outbox.commit(at - begin, socket, this.#wire.balancer, 0);
  }
}
