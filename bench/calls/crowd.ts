// Callers who behave as telephones do when a balancer has too much to do: they repeat what is not answered (Timers A and E),
// acknowledge refusals, hold a call for a while and hang up. As many begin as the rate says, whatever becomes of the others.
import { Answerer } from "./answerer.ts";
import { type Caller, callerOf } from "./caller.ts";
import {
  ACK,
  ACK_END,
  BYE,
  BYE_END,
  DESTINATION_HOSTS,
  Distance,
  destinationUri,
  FROM,
  LINE_END,
  RECORD_ROUTE,
  readNumber,
  TAG_BYTES,
  type Template,
  TO_TAG,
  writeNumber,
} from "./messages.ts";
import { DelayQueue } from "./queue.ts";
import type { Wire } from "./wire.ts";

const State = { none: 0, calling: 1, trying: 2, talking: 3, leaving: 4 } as const;
/** Milliseconds until an INVITE is sent again, and until its caller gives up; the same for a BYE. */
const REPEATS = [500, 1000, 2000, 4000];
/** `;tag=` and the sixteen digits of Fairlead's own To tag. */
const OWN_TAG_BYTES = 21;
/** Room for the Record-Route of a call. */
const ROUTE_BYTES = 192;
const DIGIT_1 = 0x31;
const DIGIT_2 = 0x32;

/** Running totals. */
export interface CrowdTotals {
  /** Calls begun; answered with 200; refused with 503; given up after all repetitions. */
  started: number;
  answered: number;
  refused: number;
  unanswered: number;
  /** Calls hung up; answered with 200; not answered or refused. */
  byes: number;
  byesAnswered: number;
  byesFailed: number;
  /** Requests that were sent again. */
  repeated: number;
  strange: number;
}

/** What a crowd may differ in. */
export interface CrowdOptions {
  /** Milliseconds between answer and BYE. */
  readonly hold: number;
  /** Milliseconds that a destination takes to answer an INVITE. */
  readonly answerAfter?: number;
  /** Calls that are remembered, a power of two. */
  readonly memory?: number;
}

/** The load; UDP only. `turn` is called over and over. */
export class Crowd {
  readonly totals: CrowdTotals = {
    started: 0,
    answered: 0,
    refused: 0,
    unanswered: 0,
    byes: 0,
    byesAnswered: 0,
    byesFailed: 0,
    repeated: 0,
    strange: 0,
  };
  readonly answerer: Answerer;
  readonly #wire: Wire;
  readonly #callers: readonly Caller[];
  readonly #uris: readonly Buffer[];
  readonly #mask: number;
  readonly #state: Uint8Array;
  readonly #destination: Uint8Array;
  readonly #routes: Buffer;
  readonly #routeLength: Uint8Array;
  readonly #repeats: readonly DelayQueue[];
  readonly #byeRepeats: readonly DelayQueue[];
  readonly #holding: DelayQueue;
  #next = 1;

  constructor(wire: Wire, destinationPort: number, { hold, answerAfter = 0, memory = 1 << 19 }: CrowdOptions) {
    this.#wire = wire;
    this.#callers = wire.callers.map(callerOf);
    this.#uris = DESTINATION_HOSTS.map((_, i) => Buffer.from(destinationUri(i, destinationPort, "udp")));
    this.#mask = memory - 1;
    this.#state = new Uint8Array(memory);
    this.#destination = new Uint8Array(memory);
    this.#routes = Buffer.from(new ArrayBuffer(memory * ROUTE_BYTES));
    this.#routeLength = new Uint8Array(memory);
    const queues = () => REPEATS.map((delay) => new DelayQueue(delay, memory));
    this.#repeats = queues();
    this.#byeRepeats = queues();
    this.#holding = new DelayQueue(hold, memory);
    this.answerer = new Answerer(wire, destinationPort, answerAfter, memory);
  }

  /** Begins `begin` calls, does what is due, and answers what has arrived. */
  turn(begin: number): void {
    const now = performance.now();
    for (let i = 0; i < begin; i++) this.#begin(now);
    this.#due(now);
    this.answerer.turn(now);
    for (const source of this.#wire.callers) {
      const count = source.receive();
      for (let i = 0; i < count; i++) this.#atCaller(i, now);
      this.#wire.outbox.flush();
    }
  }

  #begin(now: number): void {
    const number = this.#next++ | 0;
    this.totals.started++;
    this.#state[number & this.#mask] = State.calling;
    this.#invite(number);
    this.#repeats[0]!.put(number, now);
  }

  #invite(number: number): void {
    const { socket, invite } = this.#callerOf(number);
    const { outbox, balancer } = this.#wire;
    const at = outbox.claim();
    invite.bytes.copy(outbox.bytes, at);
    for (const place of invite.numbers) writeNumber(outbox.bytes, at + place, number);
    for (const place of invite.stirred) writeNumber(outbox.bytes, at + place, Math.imul(number, 0x9e3779b1));
    outbox.commit(invite.bytes.length, socket, balancer, 0);
  }

  #due(now: number): void {
    for (const stage of this.#repeats.keys()) this.#again(this.#repeats, stage, now, false);
    for (let number = this.#holding.next(now); number >= 0; number = this.#holding.next(now)) {
      this.#state[number & this.#mask] = State.leaving;
      this.totals.byes++;
      this.#inside(BYE, number);
      this.#byeRepeats[0]!.put(number, now);
    }
    for (const stage of this.#byeRepeats.keys()) this.#again(this.#byeRepeats, stage, now, true);
    this.#wire.outbox.flush();
  }

  /** Repeats what was not answered within the time of `stage`, or gives it up. */
  #again(queues: readonly DelayQueue[], stage: number, now: number, isBye: boolean): void {
    const { totals } = this;
    const queue = queues[stage]!;
    for (let number = queue.next(now); number >= 0; number = queue.next(now)) {
      const call = number & this.#mask;
      const state = this.#state[call];
      if (isBye ? state !== State.leaving : state !== State.calling && state !== State.trying) continue;
      const later = queues[stage + 1];
      if (later === undefined) {
        this.#state[call] = State.none;
        if (isBye) totals.byesFailed++;
        else totals.unanswered++;
        continue;
      }
      later.put(number, now);
      if (state === State.trying) continue;
      totals.repeated++;
      if (isBye) this.#inside(BYE, number);
      else this.#invite(number);
    }
  }

  #atCaller(i: number, now: number): void {
    const { bytes, start: starts, end } = this.#wire.inbox;
    const start = starts[i]!;
    const { totals } = this;
    const from = bytes.indexOf(FROM, start);
    if (from < 0 || from > end[i]!) {
      totals.strange++;
      return;
    }
    const number = readNumber(bytes, from + Distance.number);
    const call = number & this.#mask;
    const state = this.#state[call];
    const status = bytes[start + 8];
    if (status === DIGIT_1) {
      if (state === State.calling) this.#state[call] = State.trying;
      return;
    }
    const isCalling = state === State.calling || state === State.trying;
    if (status !== DIGIT_2) {
      this.#acknowledgeRefusal(number, from);
      if (isCalling) totals.refused++;
      else if (state === State.leaving) totals.byesFailed++;
      else return;
      this.#state[call] = State.none;
    } else if (bytes[from + Distance.cseq + TAG_BYTES] === DIGIT_2) {
      if (state !== State.leaving) return;
      this.#state[call] = State.none;
      totals.byesAnswered++;
    } else {
      if (isCalling) this.#answered(call, start, from);
      if (isCalling) this.#holding.put(number, now);
      this.#inside(ACK, number);
    }
  }

  /** Keeps what later requests of the dialog need. */
  #answered(call: number, start: number, from: number): void {
    const { bytes } = this.#wire.inbox;
    this.totals.answered++;
    this.#state[call] = State.talking;
    const contact = from + Distance.contact + TAG_BYTES;
    this.#destination[call] = this.#uris.findIndex(
      (uri) => bytes.compare(uri, 0, uri.length, contact, contact + uri.length) === 0,
    );
    const route = bytes.indexOf(RECORD_ROUTE, start) + RECORD_ROUTE.length;
    const length = bytes.indexOf(LINE_END, route) - route;
    bytes.copy(this.#routes, call * ROUTE_BYTES, route, route + Math.min(length, ROUTE_BYTES));
    this.#routeLength[call] = Math.min(length, ROUTE_BYTES);
  }

  /** An ACK to a 200, or a BYE. */
  #inside(method: Buffer, number: number): void {
    const { outbox, balancer } = this.#wire;
    const caller = this.#callerOf(number);
    const call = number & this.#mask;
    const via = method === ACK ? caller.ackVia : caller.byeVia;
    const out = outbox.bytes;
    const begin = outbox.claim();
    let at = begin + method.copy(out, begin);
    at += this.#uris[this.#destination[call]!]!.copy(out, at);
    at += this.#copyTemplate(via, at, number);
    at += this.#routes.copy(out, at, call * ROUTE_BYTES, call * ROUTE_BYTES + this.#routeLength[call]!);
    // From, To and Call-ID stand in the INVITE as they do here, but for the tag.
    const { invite } = caller;
    const identity = invite.bytes.indexOf(FROM);
    const line = at;
    at += invite.bytes.copy(out, at, identity, identity + Distance.toEnd);
    at += TO_TAG.copy(out, at);
    at += invite.bytes.copy(out, at, identity + Distance.toEnd, identity + Distance.callIdEnd);
    this.#renumber(invite, identity, line, number);
    at += (method === ACK ? ACK_END : BYE_END).copy(out, at);
    outbox.commit(at - begin, caller.socket, balancer, 0);
  }

  /** Writes the number into a copy of the identity lines of `invite`, which stands at `line`. */
  #renumber(invite: Template, identity: number, line: number, number: number): void {
    const out = this.#wire.outbox.bytes;
    const end = identity + Distance.callIdEnd;
    const put = (place: number, value: number): void => {
      if (place < identity || place >= end) return;
      const shift = place - identity >= Distance.toEnd ? TAG_BYTES : 0;
      writeNumber(out, line + place - identity + shift, value);
    };
    for (const place of invite.numbers) put(place, number);
    for (const place of invite.stirred) put(place, Math.imul(number, 0x9e3779b1));
  }

  /** The ACK to the refusal whose From begins at `from` in the inbox: over the INVITE's own branch (RFC 3261 17.1.1.3). */
  #acknowledgeRefusal(number: number, from: number): void {
    const { inbox, outbox, balancer } = this.#wire;
    const caller = this.#callerOf(number);
    const out = outbox.bytes;
    const begin = outbox.claim();
    let at = begin + ACK.copy(out, begin);
    at += this.#copyTemplate(caller.refusalVia, at, number);
    at += inbox.bytes.copy(out, at, from, from + Distance.callIdEnd + OWN_TAG_BYTES);
    at += ACK_END.copy(out, at);
    outbox.commit(at - begin, caller.socket, balancer, 0);
  }

  #copyTemplate(template: Template, at: number, number: number): number {
    const out = this.#wire.outbox.bytes;
    template.bytes.copy(out, at);
    for (const place of template.numbers) writeNumber(out, at + place, number);
    return template.bytes.length;
  }

  #callerOf(number: number): Caller {
    return this.#callers[number % this.#callers.length]!;
  }
}
