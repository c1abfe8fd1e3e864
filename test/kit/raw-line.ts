// One caller's connection, of TCP, TLS or WebSocket, secure or not, for messages without bodies that a test writes by hand: hundreds of them
// cost little.
import { connect, type Socket } from "node:net";
import { TLSSocket, connect as tlsConnect } from "node:tls";
import { WebSocket } from "ws";
import type { Peer } from "../../src/ua/transport.ts";

/** What a line goes over. */
export const LINE_KINDS = ["tcp", "tls", "ws", "wss"] as const;
export type LineKind = (typeof LINE_KINDS)[number];

/** Whether it goes over WebSocket, secure or not. */
export function isWeb(kind: LineKind): boolean {
  return kind === "ws" || kind === "wss";
}

/** An open connection. */
export class RawLine {
  readonly kind: LineKind;
  isClosed = false;
  /** Is given each message that comes. */
  onMessage: (text: string) => void = () => {};
  /** TLS: the fingerprint of the certificate that was shown. */
  readonly fingerprint: string;
  readonly #socket: Socket | WebSocket;
  #rest = "";

  private constructor(kind: LineKind, socket: Socket | WebSocket, below: Socket | undefined) {
    this.kind = kind;
    this.#socket = socket;
    this.fingerprint = below instanceof TLSSocket ? (below.getPeerX509Certificate()?.fingerprint256 ?? "") : "";
    const closed = (): void => {
      this.isClosed = true;
    };
    if (socket instanceof WebSocket) {
      socket.on("message", (data: Buffer) => this.onMessage(data.toString("latin1")));
      socket.on("error", closed).on("close", closed);
      return;
    }
    socket.setEncoding("latin1").on("data", (text) => this.#receive(String(text)));
    socket.on("error", closed).on("close", closed);
  }

  /** Connects; rejects when that fails. `ca` signs for whoever listens for TLS. */
  static open(kind: LineKind, { address, port }: Peer, ca = ""): Promise<RawLine> {
    return new Promise((resolve, reject) => {
      const socket = isWeb(kind)
        ? new WebSocket(`${kind}://${address}:${port}`, "sip", { ca })
        : kind === "tls"
          ? tlsConnect({ host: address, port, ca })
          : connect({ host: address, port, noDelay: true });
      const event = isWeb(kind) ? "open" : kind === "tls" ? "secureConnect" : "connect";
      let below = socket instanceof WebSocket ? undefined : socket;
      if (socket instanceof WebSocket)
        socket.once("upgrade", ({ socket: carrier }) => {
          below = carrier;
        });
      socket.once("error", reject);
      socket.once(event, () => resolve(new RawLine(kind, socket, below)));
    });
  }

  sends(text: string): void {
    if (this.#socket instanceof WebSocket) this.#socket.send(text);
    else this.#socket.write(text, "latin1");
  }

  close(): void {
    if (this.#socket instanceof WebSocket) this.#socket.terminate();
    else this.#socket.destroy();
  }

  #receive(text: string): void {
    this.#rest += text;
    for (let end = this.#rest.indexOf("\r\n\r\n"); end >= 0; end = this.#rest.indexOf("\r\n\r\n")) {
      const message = this.#rest.slice(0, end + 4);
      this.#rest = this.#rest.slice(end + 4);
      this.onMessage(message);
    }
  }
}
