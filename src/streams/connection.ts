// One TCP connection, made by somebody else or by us: its socket, its framer, and what waits until it is there.
import type { Socket } from "node:net";
import { copyEndpoint, ENDPOINT_WORDS } from "../net/endpoint.ts";
import type { Message } from "../sip/message.ts";
import { type FrameHandler, Framer } from "./framer.ts";
import { borrow, giveBack } from "./gather.ts";

/** What a connection tells its owner. */
export interface ConnectionOwner {
  /** A number for `message`: which worker this message is for. */
  choose(message: Message): number;
  /** A whole message; false when there is no room for it just now. */
  message(connection: Connection, bytes: Buffer, start: number, end: number, worker: number): boolean;
  /** Nothing can be framed any more; the headers of what cannot, and the status to answer with (0: none). */
  broken(connection: Connection, bytes: Buffer, start: number, end: number, status: number): void;
  /** A connection that we tried to make is there. */
  connected(connection: Connection): void;
  /** It is over, for whatever reason; called once. */
  closed(connection: Connection): void;
}

/** What was to be sent before the connection was there. */
export interface Waiting {
  /** Who wants it sent. */
  readonly worker: number;
  readonly bytes: Buffer;
}

/** A line end: the answer to a keep-alive (RFC 5626 3.5.1). */
const PONG = Buffer.from("\r\n", "latin1");
/** Pongs of a peer that does not read are not kept. */
const MOST_WAITING_PONGS = 1024;

/** A connection. */
export class Connection implements FrameHandler {
  /** Its place in the table, and the word that names it there (bridge/way-back.ts). */
  readonly place: number;
  readonly word: number;
  readonly listener: number;
  /** Its other end: address, port, `word`. */
  readonly peer: Int32Array = new Int32Array(ENDPOINT_WORDS);
  /** Its own address. */
  readonly local: Int32Array = new Int32Array(4);
  readonly socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #framer: Framer;
  #isConnected: boolean;
  #isClosed = false;
  /** What `send` was given since the last `uncork`: so many bytes of a borrowed buffer. */
  #gathered: Buffer | null = null;
  #gatheredBytes = 0;
  #isEnding = false;
  /** Whether messages were sent to its address, not only over the connection that something had come by. */
  isAddressed = false;
  /** By performance.now: when something passed last, and when the unfinished message at hand began (0: there is none). */
  active: number;
  partialSince = 0;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;

  constructor(
    owner: ConnectionOwner,
    socket: Socket,
    place: number,
    word: number,
    listener: number,
    peer: Int32Array,
    view: Message,
    headerBytes: number,
    isConnected: boolean,
  ) {
    this.#owner = owner;
    this.socket = socket;
    this.place = place;
    this.word = word;
    this.listener = listener;
    copyEndpoint(peer, 0, this.peer, 0);
    this.peer[5] = word;
    this.#framer = new Framer(this, view, headerBytes);
    this.#isConnected = isConnected;
    this.active = performance.now();
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("connect", () => this.#connected());
    // What went wrong does not matter: `close` follows.
    socket.on("error", () => undefined);
    socket.on("end", () => this.#leave());
    socket.on("close", () => this.close());
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** What was never sent, because it never was connected; empty afterwards. */
  takeWaiting(): readonly Waiting[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    return waiting;
  }

  /** Bytes that wait to leave. */
  get backlog(): number {
    return this.#isConnected ? this.socket.writableLength + this.#gatheredBytes : this.#waitingBytes;
  }

  /** Sends `start..end`, which may be overwritten afterwards: when it is connected, at the next `uncork`. */
  send(worker: number, bytes: Buffer, start: number, end: number): void {
    const length = end - start;
    if (!this.#isConnected) {
      this.#waiting.push({ worker, bytes: Buffer.from(bytes.subarray(start, end)) });
      this.#waitingBytes += length;
      return;
    }
    if (this.#gathered !== null && this.#gatheredBytes + length > this.#gathered.length) this.#write();
    this.#gathered ??= borrow(length);
    bytes.copy(this.#gathered, this.#gatheredBytes, start, end);
    this.#gatheredBytes += length;
  }

  /** Writes what `send` has gathered. */
  uncork(): void {
    this.#write();
    if (this.#isEnding) this.socket.destroySoon();
  }

  #write(): void {
    const gathered = this.#gathered;
    if (gathered === null) return;
    const { socket } = this;
    this.#gathered = null;
    socket.write(this.#gatheredBytes === gathered.length ? gathered : gathered.subarray(0, this.#gatheredBytes));
    this.#gatheredBytes = 0;
    this.active = performance.now();
    // Usually the kernel has taken all of it at once; otherwise the socket reads it later.
    if (socket.writableLength === 0) giveBack(gathered);
  }

  /** Reads nothing more; what is sent from now on is the last. */
  endSoon(): void {
    this.#isEnding = true;
  }

  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** Offers again what had no room, and reads on if it has now; false: not yet. */
  resume(): boolean {
    if (this.#isClosed) return true;
    if (!this.#framer.resume()) return false;
    this.#notePartial();
    this.socket.resume();
    return true;
  }

  /** Closes it at once. */
  close(): void {
    this.socket.destroy();
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#owner.closed(this);
  }

  /** Closes it when everything has left. */
  leave(): void {
    this.uncork();
    this.socket.destroySoon();
  }

  headers(message: Message): number {
    return this.#owner.choose(message);
  }

  message(bytes: Buffer, start: number, end: number, mark: number): boolean {
    return this.#owner.message(this, bytes, start, end, mark);
  }

  ping(): void {
    if (this.socket.writableLength < MOST_WAITING_PONGS) this.socket.write(PONG);
  }

  broken(bytes: Buffer, start: number, end: number, status: number): void {
    this.#owner.broken(this, bytes, start, end, status);
  }

  #receive(chunk: Buffer): void {
    this.active = performance.now();
    if (this.#isEnding) return;
    if (!this.#framer.push(chunk)) this.socket.pause();
    this.#notePartial();
  }

  #notePartial(): void {
    if (!this.#framer.isPartial) this.partialSince = 0;
    else if (this.partialSince === 0) this.partialSince = this.active;
  }

  /** The other side has said its last word: nothing new is sent there, what waits still leaves. */
  #leave(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.leave();
    this.#owner.closed(this);
  }

  #connected(): void {
    this.#isConnected = true;
    this.active = performance.now();
    this.#owner.connected(this);
    for (const { worker, bytes } of this.takeWaiting()) this.send(worker, bytes, 0, bytes.length);
    this.uncork();
  }
}
