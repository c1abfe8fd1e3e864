// A WebSocket connection whose frames a test makes by hand, as no library would.
import { createHash, randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import type { Peer } from "../../src/ua/transport.ts";
import { until } from "./wait.ts";

/** First byte of a frame: the opcode, and whether it is the last of its message. */
export const Op = { more: 0x00, last: 0x80, text: 0x81, binary: 0x82, close: 0x88, ping: 0x89, pong: 0x8a } as const;
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
/** RFC 6455 1.3: what the server adds to the key before it hashes it. */
const ACCEPT = createHash("sha1").update(`${KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");

/** A frame that came. */
export interface Frame {
  readonly op: number;
  readonly payload: Buffer;
}

/** The request to upgrade, with header lines of the test's choosing. */
export function upgradeRequest(path = "/", lines: readonly string[] = ["Sec-WebSocket-Protocol: sip"]): string {
  const own = ["Host: lb.test", "Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Key: ${KEY}`];
  return `${[`GET ${path} HTTP/1.1`, ...own, "Sec-WebSocket-Version: 13", ...lines].join("\r\n")}\r\n\r\n`;
}

/** A frame of a client: masked, in the shortest form. */
export function frame(op: number, payload: Uint8Array | string): Buffer {
  const bytes = typeof payload === "string" ? Buffer.from(payload, "latin1") : payload;
  const mask = randomBytes(4);
  const masked = bytes.map((byte, i) => byte ^ mask[i & 3]!);
  return Buffer.concat([header(op, bytes.length, 0x80), mask, Buffer.from(masked)]);
}

/** The beginning of a frame, whatever follows. `mask`: 0x80 with the mask bit. */
export function header(op: number, length: number, mask: number): Buffer {
  if (length < 126) return Buffer.from([op, mask | length]);
  const long = Buffer.alloc(length < 65_536 ? 4 : 10);
  long[0] = op;
  long[1] = mask | (length < 65_536 ? 126 : 127);
  if (length < 65_536) long.writeUInt16BE(length, 2);
  else long.writeBigUInt64BE(BigInt(length), 2);
  return long;
}

/** A connection and everything that came over it. */
export class RawWebSocket {
  /** The answer to the upgrade, up to its empty line. */
  answer = "";
  readonly frames: Frame[] = [];
  isClosed = false;
  /** Whether pings are answered. */
  answersPings = false;
  readonly #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("error", () => {});
    socket.on("close", () => {
      this.isClosed = true;
    });
  }

  /** Connects and says nothing. */
  static async connect(to: Peer): Promise<RawWebSocket> {
    const socket = connect({ host: to.address, port: to.port, noDelay: true });
    const raw = new RawWebSocket(socket);
    await until("a connection", () => !socket.connecting);
    return raw;
  }

  /** Connects and shakes hands; rejects when that is refused. */
  static async open(to: Peer, request = upgradeRequest()): Promise<RawWebSocket> {
    const raw = await RawWebSocket.connect(to);
    raw.write(request);
    await until("an answer to the upgrade", () => raw.answer !== "" || raw.isClosed);
    if (!raw.answer.includes(ACCEPT)) throw new Error(`the upgrade was refused: ${raw.answer}`);
    return raw;
  }

  get port(): number {
    return this.#socket.localPort ?? 0;
  }

  /** Status of the answer to the upgrade; 0: none. */
  get status(): number {
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(this.answer)?.[1] ?? 0);
  }

  /** The code of the close frame that came; 0: none. */
  get closeCode(): number {
    const close = this.frames.find(({ op }) => op === Op.close);
    return close === undefined || close.payload.length < 2 ? 0 : close.payload.readUInt16BE(0);
  }

  write(bytes: Uint8Array | string): void {
    this.#socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
  }

  /** Payloads of the messages that came, as text. */
  get messages(): readonly string[] {
    return this.frames.flatMap(({ op, payload }) =>
      op === Op.text || op === Op.binary ? [payload.toString("latin1")] : [],
    );
  }

  hears(what: string, wanted: (raw: RawWebSocket) => boolean, limit?: number): Promise<unknown> {
    return until(what, () => wanted(this), limit);
  }

  closed(limit?: number): Promise<unknown> {
    return until("the connection to be closed", () => this.isClosed, limit);
  }

  /** Takes nothing more off the network. */
  stopReading(): void {
    this.#socket.pause();
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    if (this.answer === "") {
      const end = this.#rest.indexOf("\r\n\r\n");
      if (end < 0) return;
      this.answer = this.#rest.toString("latin1", 0, end + 2);
      this.#rest = this.#rest.subarray(end + 4);
    }
    for (;;) {
      const rest = this.#rest;
      if (rest.length < 2) return;
      const short = rest[1]! & 0x7f;
      const head = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (rest.length < head) return;
      const length = short < 126 ? short : short === 126 ? rest.readUInt16BE(2) : Number(rest.readBigUInt64BE(2));
      if (rest.length < head + length) return;
      this.frames.push({ op: rest[0]!, payload: rest.subarray(head, head + length) });
      if (rest[0] === Op.ping && this.answersPings) this.write(frame(Op.pong, rest.subarray(head, head + length)));
      this.#rest = rest.subarray(head + length);
    }
  }
}
