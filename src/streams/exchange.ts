// The stream worker's ends of the rings: messages go to the worker that owns their call, what cannot be sent goes back to
// who wanted it sent, and workers' messages come in.
import { randomInt } from "node:crypto";
import { BranchKind, MAGIC_BYTES } from "../bridge/branch-format.ts";
import { RecordKind, Ring } from "../bridge/handoff.ts";
import { type StreamStart, StreamWord } from "../bridge/stream-start.ts";
import { ENDPOINT_WORDS } from "../net/endpoint.ts";
import { TableHash } from "../sip/hash.ts";
import { Message } from "../sip/message.ts";
import { Method } from "../sip/method.ts";
import { Reason } from "../sip/reason.ts";
import type { Connection } from "./connection.ts";

/** Records taken from one ring in one go, so that sockets have their turn. */
const MOST_PER_DRAIN = 512;
/** As much of a message that could not be sent as its sender needs to find out whose it was: Via and branch. */
const RETURNED_BYTES = 1_280;
/** News for a worker whose ring is full are kept, at most so many. */
const MOST_NEWS = 4_096;
const NOWHERE = new Int32Array(ENDPOINT_WORDS);
const NO_BYTES = Buffer.alloc(0);

interface News {
  readonly kind: RecordKind;
  readonly listener: number;
  readonly time: number;
  readonly peer: Int32Array;
  readonly local: Int32Array;
  readonly bytes: Buffer;
}

/** The rings between the stream worker and the workers. */
export class Exchange {
  readonly #incoming: readonly Ring[];
  readonly #outgoing: readonly Ring[];
  readonly #news: News[][];
  readonly #hash: TableHash;
  readonly #words: Int32Array;
  readonly #wake: (worker: number) => void;
  readonly #view = new Message();
  /** By which we say that the connections of the stream worker before us are lost. */
  readonly #number = randomInt(1, 0x7fffffff);
  /** By worker: what it wants sent may be from before it has heard that. */
  readonly #isBehind: boolean[];
  #toWake = 0;
  #isWaking = false;

  /** `wake` wakes a worker if it sleeps. */
  constructor(start: StreamStart, words: Int32Array, wake: (worker: number) => void) {
    this.#incoming = start.fromWorkers.map((memory) => new Ring(memory));
    this.#outgoing = start.toWorkers.map((memory) => new Ring(memory));
    this.#news = start.toWorkers.map(() => []);
    this.#hash = new TableHash(start.seed[0], start.seed[1]);
    this.#words = words;
    this.#wake = wake;
    Atomics.store(words, StreamWord.number, this.#number);
    this.#isBehind = start.toWorkers.map(() => start.isRestart);
    // What the stream worker before us was at when it died must not kill us too.
    for (const ring of this.#incoming) ring.discardOpened();
  }

  /** The worker that owns a message's call, by its Call-ID, as workers see it (proxy/loop.ts). */
  ownerOf(message: Message): number {
    if (message.callIdStart < 0) return 0;
    return (this.#hash.of(message.view, message.callIdStart, message.callIdEnd) >>> 0) % this.#outgoing.length;
  }

  /** Gives a message to a worker; false when its ring is full. */
  give(worker: number, connection: Connection, bytes: Buffer, start: number, end: number): boolean {
    const { listener, local, alias } = connection;
    // What was sent to the alias is answered from there; who never had one answers for itself alone.
    const peer = alias !== null && isResponse(bytes, start) ? alias : connection.peer;
    this.#deliverNews(worker);
    return this.#push(worker, RecordKind.framed, listener, 0, peer, local, bytes, start, end);
  }

  /** Has a worker answer headers that cannot be framed; false when it has no time for that. */
  complain(connection: Connection, bytes: Buffer, start: number, end: number, status: number): boolean {
    const { listener, peer, local } = connection;
    return this.#push(0, RecordKind.unframed, listener, status, peer, local, bytes, start, end);
  }

  /** Tells a worker about something that it wanted sent, now or when its ring has room; false: it will not hear of that, there is too much already. */
  tell(
    worker: number,
    kind: RecordKind,
    listener: number,
    peer: Int32Array,
    bytes: Buffer,
    start: number,
    end: number,
    time = 0,
    local: Int32Array = NOWHERE,
  ): boolean {
    const last = Math.min(end, start + RETURNED_BYTES);
    this.#deliverNews(worker);
    const waiting = this.#news[worker]!;
    if (waiting.length === 0 && this.#push(worker, kind, listener, time, peer, local, bytes, start, last)) return true;
    // A worker that misses it learns by its timers.
    if (waiting.length >= MOST_NEWS) return false;
    waiting.push({
      ...{ kind, listener, time, peer: peer.slice(), local },
      bytes: Buffer.from(bytes.subarray(start, last)),
    });
    return true;
  }

  /** Tells every worker that a connection is lost, and for whom alone it was there. */
  tellLost({ listener, peer, alias, caller }: Connection): void {
    for (let worker = 0; worker < this.#outgoing.length; worker++) {
      this.tell(worker, RecordKind.lost, listener, peer, NO_BYTES, 0, 0, caller[4]!, caller);
      if (alias !== null) this.tell(worker, RecordKind.lost, listener, alias, NO_BYTES, 0, 0);
    }
  }

  /**
   * Tells every worker that the connections of the stream worker before us are lost. It gives up what was on its way over them; what of that
   * still waits in its ring is not sent by us, or it would be sent twice.
   */
  tellAllLost(): void {
    for (let worker = 0; worker < this.#outgoing.length; worker++)
      this.tell(worker, RecordKind.lost, 0, NOWHERE, NO_BYTES, 0, 0, this.#number);
  }

  /** Takes what workers want sent; true when there may be more. */
  drain(send: (worker: number, ring: Ring) => void): boolean {
    let hasMore = false;
    for (const [worker, ring] of this.#incoming.entries()) {
      this.#deliverNews(worker);
      let left = MOST_PER_DRAIN;
      while (left-- > 0 && ring.next()) {
        if (ring.kind === RecordKind.anew) {
          if (ring.time === this.#number) this.#isBehind[worker] = false;
        } else if (!this.#isBehind[worker] || !this.#isGivenUp(ring)) send(worker, ring);
        ring.take();
      }
      if (left < 0) hasMore = true;
    }
    return hasMore;
  }

  /** Resolves when a worker may want something sent. */
  async sleep(): Promise<void> {
    const words = this.#words;
    Atomics.store(words, StreamWord.sleeping, 1);
    if (this.#incoming.every((ring) => ring.isEmpty)) {
      const { async, value } = Atomics.waitAsync(words, StreamWord.sleeping, 1);
      if (async) await value;
    }
    Atomics.store(words, StreamWord.sleeping, 0);
  }

  /** Whether a worker that hears of lost connections gives this up: a request whose transaction it keeps, and that waits for an answer. */
  #isGivenUp({ bytes, start, end }: Ring): boolean {
    const message = this.#view;
    if (message.reset(bytes, start, end) !== Reason.ok || !message.isRequest) return false;
    if (message.method === Method.ACK || message.method === Method.CANCEL) return false;
    const { hasMagic, branchStart } = message.topVia;
    return hasMagic && bytes[branchStart + MAGIC_BYTES] === BranchKind.stateful;
  }

  #push(
    worker: number,
    kind: RecordKind,
    listener: number,
    time: number,
    peer: Int32Array,
    local: Int32Array,
    bytes: Buffer,
    start: number,
    end: number,
  ): boolean {
    this.#wakeSoon(worker);
    return this.#outgoing[worker]!.push(kind, listener, time, peer, 0, local, 0, bytes, start, end);
  }

  #deliverNews(worker: number): void {
    const waiting = this.#news[worker]!;
    while (waiting.length > 0) {
      const { kind, listener, time, peer, local, bytes } = waiting[0]!;
      if (!this.#push(worker, kind, listener, time, peer, local, bytes, 0, bytes.length)) return;
      waiting.shift();
    }
  }

  /** Once per round of the event loop, however many messages came in it. */
  #wakeSoon(worker: number): void {
    this.#toWake |= 1 << worker;
    if (this.#isWaking) return;
    this.#isWaking = true;
    setImmediate(() => {
      this.#isWaking = false;
      const workers = this.#toWake;
      this.#toWake = 0;
      for (let i = 0; i < this.#outgoing.length; i++) if ((workers & (1 << i)) !== 0) this.#wake(i);
    });
  }
}

/** Whether a message begins as a response does: no method has a slash. */
function isResponse(bytes: Buffer, start: number): boolean {
  return bytes[start] === 0x53 && bytes[start + 1] === 0x49 && bytes[start + 2] === 0x50 && bytes[start + 3] === 0x2f;
}
