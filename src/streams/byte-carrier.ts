// A stream of bytes: whatever has the manners of a TCP socket, and the framer that cuts messages out of what comes.
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Message } from "../sip/message.ts";
import { packetBytes } from "../sip/packet-memory.ts";
import type { Carrier, CarrierHandler } from "./carrier.ts";
import { Framer } from "./framer.ts";
import { borrow, giveBack } from "./gather.ts";

/** What a socket reads is copied here, where vector instructions read it: its buffers are new every time, and elsewhere. */
const DESK = packetBytes(65_536);

/** A stream with messages behind each other. */
export class ByteCarrier implements Carrier {
  readonly #socket: Socket;
  readonly #framer: Framer;
  /** What was written since the last `flush`: so many bytes of a borrowed buffer. */
  #gathered: Buffer | null = null;
  #gatheredBytes = 0;

  /** `view` reads headers; many carriers of one thread may share it. `headerBytes` limits start line and headers. */
  constructor(handler: CarrierHandler, socket: Socket, view: Message, headerBytes: number) {
    this.#socket = socket;
    const framer = new Framer(handler, view, headerBytes);
    this.#framer = framer;
    // When they end, we say when we do.
    socket.allowHalfOpen = true;
    socket.on("data", (chunk: Buffer) => {
      const isSmall = chunk.length <= DESK.length;
      if (isSmall) chunk.copy(DESK);
      if (!handler.isEnding && !framer.push(isSmall ? DESK : chunk, chunk.length)) socket.pause();
      handler.received();
    });
    socket.on(socket instanceof TLSSocket ? "secureConnect" : "connect", () => handler.opened());
    // What went wrong does not matter: `close` follows.
    socket.on("error", () => undefined);
    socket.on("end", () => handler.ended());
    socket.on("close", () => handler.closed());
  }

  get backlog(): number {
    return this.#socket.writableLength + this.#gatheredBytes;
  }

  get isPartial(): boolean {
    return this.#framer.isPartial;
  }

  get isOpen(): boolean {
    return this.#socket.writable;
  }

  write(bytes: Buffer, start: number, end: number): void {
    const length = end - start;
    if (this.#gathered !== null && this.#gatheredBytes + length > this.#gathered.length) this.flush();
    this.#gathered ??= borrow(length);
    bytes.copy(this.#gathered, this.#gatheredBytes, start, end);
    this.#gatheredBytes += length;
  }

  flush(): boolean {
    const gathered = this.#gathered;
    if (gathered === null) return false;
    const socket = this.#socket;
    this.#gathered = null;
    socket.write(this.#gatheredBytes === gathered.length ? gathered : gathered.subarray(0, this.#gatheredBytes));
    this.#gatheredBytes = 0;
    // Usually the kernel has taken all of it at once; otherwise the socket reads it later.
    if (socket.writableLength === 0) giveBack(gathered);
    return true;
  }

  ping(): boolean {
    return false;
  }

  resume(): boolean {
    if (!this.#framer.resume()) return false;
    this.#socket.resume();
    return true;
  }

  leave(): void {
    this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
