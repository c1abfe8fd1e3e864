// A TCP connection by which a test sends bytes as it likes.
import { connect, type Socket } from "node:net";
import type { Peer } from "../../src/ua/transport.ts";
import { until } from "./wait.ts";

/** A connection and everything that came over it. */
export class RawStream {
  received = "";
  isClosed = false;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("latin1").on("data", (text) => {
      this.received += String(text);
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.isClosed = true;
    });
  }

  /** Connects, from a numeric address where one is given; resolves when the connection is there. */
  static async open(to: Peer, from?: string): Promise<RawStream> {
    const localAddress = from === undefined ? {} : { localAddress: from };
    const socket = connect({ host: to.address, port: to.port, noDelay: true, ...localAddress });
    const stream = new RawStream(socket);
    await until("a connection", () => !socket.connecting);
    return stream;
  }

  get port(): number {
    return this.#socket.localPort ?? 0;
  }

  /** Sends the pieces one by one, so that each is likely to arrive by itself. */
  async sends(...pieces: readonly string[]): Promise<void> {
    for (const piece of pieces) {
      await new Promise((resolve) => this.#socket.write(piece, "latin1", resolve));
      if (pieces.length > 1) await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  hears(what: string, wanted: (received: string) => boolean, limit?: number): Promise<unknown> {
    return until(what, () => wanted(this.received), limit);
  }

  closed(limit?: number): Promise<unknown> {
    return until("the connection to be closed", () => this.isClosed, limit);
  }

  close(): void {
    this.#socket.destroy();
  }
}
