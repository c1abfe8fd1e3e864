// One WebSocket connection (RFC 6455, RFC 7118): each of its messages is one SIP message, or line ends to keep it alive. The
// library knows the frames; what is bounded there is bounded by SOCKET_LIMITS.
import { isUtf8 } from "node:buffer";
import type { Socket } from "node:net";
import type { RawData, WebSocket } from "ws";
import { MAX_DATAGRAM } from "../net/batch.ts";
import type { Message } from "../sip/message.ts";
import type { Carrier, CarrierHandler } from "./carrier.ts";
import { HeldMessages } from "./held-messages.ts";

const CR = 0x0d;
const LF = 0x0a;
/** RFC 6455 7.4.1. */
const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;
/** Bytes of pongs that wait for a peer that sends pings and does not read. */
const MOST_WAITING = 16_384;
/** Signs of life (pings, pongs and line ends) of one piece of the stream: nobody honest gives more of them at a time. */
const MOST_SIGNS = 64;

/**
 * What the library is to bound. A message in more fragments, or a frame in more pieces, is no honest one: each costs some
 * hundred bytes of memory. Nothing is compressed, so nothing can swell.
 */
export const SOCKET_LIMITS = {
  perMessageDeflate: false,
  maxPayload: MAX_DATAGRAM,
  maxFragments: 1_024,
  maxBufferedChunks: 4_096,
  autoPong: false,
  /** Milliseconds that a peer has to answer a close frame. */
  closeTimeout: 500,
};

/** A WebSocket, made by somebody else or by us. */
export class WebSocketCarrier implements Carrier {
  readonly #web: WebSocket;
  readonly #socket: Socket;
  readonly #handler: CarrierHandler;
  readonly #view: Message;
  readonly #held = new HeldMessages();
  #isCorked = false;
  /** The kind of frame that the peer used last; before that, text (what browsers send). */
  #isText = true;
  /** Whether a message began and did not end, and what the piece at hand has brought so far. */
  #isPartial = false;
  #hasMessage = false;
  #hasControl = false;
  /** Of that piece: how many signs of life, and what the last ping wants to hear again. */
  #signs = 0;
  #ping: Buffer | null = null;

  /** `socket` is what carries `web`. `view` reads headers; many carriers of one thread may share it. */
  constructor(handler: CarrierHandler, web: WebSocket, socket: Socket, view: Message) {
    this.#handler = handler;
    this.#web = web;
    this.#socket = socket;
    this.#view = view;
    if (web.readyState === web.OPEN) this.#watch();
    else
      web.on("open", () => {
        this.#watch();
        handler.opened();
      });
    web.on("message", (data, isBinary) => this.#message(data, isBinary));
    web.on("ping", (data) => this.#pinged(data));
    web.on("pong", () => {
      this.#hasControl = true;
      this.#signs++;
    });
    web.on("error", () => handler.garbled());
    web.on("close", () => handler.closed());
  }

  get backlog(): number {
    return this.#web.bufferedAmount;
  }

  get isPartial(): boolean {
    return this.#isPartial;
  }

  get isOpen(): boolean {
    return this.#web.readyState === this.#web.OPEN;
  }

  write(bytes: Buffer, start: number, end: number): void {
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#socket.cork();
    }
    const message = Buffer.from(bytes.subarray(start, end));
    this.#web.send(message, { binary: !this.#isText || !isUtf8(message) });
  }

  flush(): boolean {
    if (!this.#isCorked) return false;
    this.#isCorked = false;
    this.#socket.uncork();
    return true;
  }

  ping(): boolean {
    if (this.isOpen) this.#web.ping();
    return true;
  }

  resume(): boolean {
    const held = this.#held;
    for (let message = held.first(); message !== null; message = held.first()) {
      if (!this.#offer(message)) return false;
      held.drop();
    }
    this.#web.resume();
    return true;
  }

  leave(): void {
    this.#web.close(GOING_AWAY);
  }

  destroy(): void {
    this.#web.terminate();
  }

  /** Hears every piece of the stream after the library has read it: what it has brought has been told by then. */
  #watch(): void {
    this.#socket.on("data", () => {
      // A control frame may come between the fragments of a message.
      if (this.#hasMessage) this.#isPartial = false;
      else if (!this.#hasControl) this.#isPartial = true;
      this.#hasMessage = false;
      this.#hasControl = false;
      if (this.#signs > 0) this.#judgeSigns();
      this.#handler.received();
    });
  }

  #pinged(data: Buffer): void {
    this.#hasControl = true;
    this.#signs++;
    this.#ping = data;
  }

  /** Answers only the last ping of a piece: that answers those before it (RFC 6455 5.5.3). */
  #judgeSigns(): void {
    const ping = this.#ping;
    const isFlood = this.#signs > MOST_SIGNS || (ping !== null && this.backlog >= MOST_WAITING);
    this.#signs = 0;
    this.#ping = null;
    if (this.#handler.isEnding) return;
    if (!isFlood) {
      if (ping !== null) this.#web.pong(ping);
      return;
    }
    this.#web.close(POLICY_VIOLATION);
    // What comes until they have heard that would cost as much to read.
    this.#web.pause();
    this.#handler.garbled();
  }

  #message(data: RawData, isBinary: boolean): void {
    this.#hasMessage = true;
    if (this.#handler.isEnding || !Buffer.isBuffer(data)) return;
    this.#isText = !isBinary;
    const start = skipLineEnds(data, 0);
    if (start === data.length) {
      this.#signs++;
      if (start >= 4) this.#handler.ping();
      return;
    }
    if (this.#held.isEmpty && this.#offer(data)) return;
    // The library goes on with what it has read already; that is one piece of the stream at most.
    this.#held.add(data);
    this.#web.pause();
  }

  /** False when there is no room for it. */
  #offer(bytes: Buffer): boolean {
    const start = skipLineEnds(bytes, 0);
    const view = this.#view;
    view.reset(bytes, start, bytes.length);
    // RFC 7118 5: not more than one SIP message. Whoever counts otherwise than we do could smuggle the second one.
    if (view.end < bytes.length && skipLineEnds(bytes, view.end) < bytes.length) {
      return this.#handler.refused(bytes, start, view.bodyStart, 400);
    }
    return this.#handler.message(bytes, start, bytes.length, this.#handler.headers(view));
  }
}

/** Offset of the first byte from `at` on that is not part of a line end. */
function skipLineEnds(bytes: Buffer, from: number): number {
  let at = from;
  while (at + 1 < bytes.length && bytes[at] === CR && bytes[at + 1] === LF) at += 2;
  return at;
}
