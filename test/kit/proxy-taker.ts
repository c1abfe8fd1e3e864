// Stands before a server, takes the header of the PROXY protocol off each connection and passes on what follows, as a server that
// wants that header would.
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

const SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";
const FIXED = 16;

/** A connection that came. */
export interface TakenConnection {
  /** `ADDRESS:PORT` of its header, LOCAL where that speaks for nobody, or what is wrong with it. */
  readonly source: string;
  readonly socket: Socket;
  /** What followed the header so far, as it came. */
  text: string;
}

/** The one who stands there. */
export class ProxyTaker {
  readonly connections: TakenConnection[] = [];
  readonly #server: Server;

  private constructor(onward: number) {
    this.#server = createServer((socket) => this.#take(socket, onward));
  }

  /** On a free port of 127.0.0.1, before a server on port `onward`. */
  static async open(onward: number): Promise<ProxyTaker> {
    const taker = new ProxyTaker(onward);
    taker.#server.listen(0, "127.0.0.1");
    await once(taker.#server, "listening");
    return taker;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  close(): void {
    for (const { socket } of this.connections) socket.destroy();
    this.#server.close();
  }

  #take(socket: Socket, onward: number): void {
    let head: Buffer = Buffer.alloc(0);
    const receive = (chunk: Buffer): void => {
      head = Buffer.concat([head, chunk]);
      const length = head.length < FIXED ? Number.POSITIVE_INFINITY : FIXED + head.readUInt16BE(14);
      if (head.length < length) return;
      socket.off("data", receive);
      const taken: TakenConnection = { source: sourceOf(head), socket, text: "" };
      this.connections.push(taken);
      const server = connect(onward, "127.0.0.1").on("error", () => socket.destroy());
      const passOn = (bytes: Buffer): void => {
        taken.text += bytes.toString("latin1");
        server.write(bytes);
      };
      socket.on("data", passOn);
      passOn(head.subarray(length));
      server.pipe(socket);
      socket.on("close", () => server.destroy());
    };
    socket.on("error", () => undefined).on("data", receive);
  }
}

/** Whom a header of version 2 names, by its specification: section 2.2. */
function sourceOf(head: Buffer): string {
  if (head.toString("latin1", 0, 12) !== SIGNATURE) return `no header: ${JSON.stringify(head.toString("latin1"))}`;
  if (head[12] === 0x20) return "LOCAL";
  if (head[12] !== 0x21 || head[13] !== 0x11) return `command ${head[12]}, family ${head[13]}`;
  return `${[...head.subarray(FIXED, FIXED + 4)].join(".")}:${head.readUInt16BE(FIXED + 8)}`;
}
