// Cases over WebSocket: each is one WebSocket message on a connection of its own, valid calls share one.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { WebSocket, WebSocketServer } from "ws";
import type { Peer } from "../../src/ua/transport.ts";
import type { Hearing } from "./listener.ts";
import type { Callee, Wire, WireOpening } from "./wire.ts";

/** Connections of cases are kept for so many further cases: an answer may be late. */
const KEPT = 16;
/** Nothing but line ends: to keep the connection alive, and no message. */
const LINE_ENDS = /^(?:\r\n)*$/;

/** The sender's side. */
export class WebSocketWire implements Wire {
  readonly via = "WS";
  readonly local: Peer;
  readonly #opening: WireOpening;
  readonly #calls: WebSocket;
  readonly #cases: WebSocket[] = [];

  private constructor(opening: WireOpening, calls: WebSocket) {
    this.#opening = opening;
    this.#calls = calls;
    // Whatever a Via says, the answer comes over the connection.
    this.local = { address: opening.from, port: 5060 };
  }

  static async open(opening: WireOpening): Promise<WebSocketWire> {
    return new WebSocketWire(opening, await dial(opening));
  }

  async prepare(): Promise<void> {}

  async sendCase(bytes: Buffer): Promise<number> {
    const socket = await dial(this.#opening);
    this.#cases.push(socket);
    if (this.#cases.length > KEPT) this.#cases.shift()?.terminate();
    // Bytes that no text may hold: those go as they are.
    socket.send(bytes, { binary: true });
    return LINE_ENDS.test(bytes.toString("latin1")) || hasMore(bytes) ? 0 : 1;
  }

  async sendCall(bytes: Buffer): Promise<void> {
    this.#calls.send(bytes, { binary: false });
  }

  close(): void {
    for (const socket of [...this.#cases, this.#calls]) socket.terminate();
  }
}

/** The destination's side: it answers over the connection that it heard something by. */
export class WebSocketCallee implements Callee {
  readonly local: Peer;
  readonly #server: Server;
  readonly #sockets: Map<string, WebSocket> = new Map();

  private constructor(server: Server, local: Peer) {
    this.#server = server;
    this.local = local;
  }

  /** Listens; rejects when the port is taken. */
  static async open({ address, port }: Peer, hearing: Hearing): Promise<WebSocketCallee> {
    const server = createServer();
    server.listen({ host: address, port });
    await once(server, "listening");
    const bound = server.address();
    const callee = new WebSocketCallee(server, {
      address,
      port: typeof bound === "object" && bound !== null ? bound.port : 0,
    });
    const web = new WebSocketServer({ server, perMessageDeflate: false, handleProtocols: () => "sip" });
    web.on("connection", (socket, { socket: below }) => {
      const peer = { address: below.remoteAddress ?? "", port: below.remotePort ?? 0 };
      callee.#sockets.set(`${peer.address} ${peer.port}`, socket);
      listen(socket, peer, hearing);
    });
    return callee;
  }

  async send(bytes: Buffer, to: Peer): Promise<void> {
    this.#sockets.get(`${to.address} ${to.port}`)?.send(bytes);
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.terminate();
    this.#server.close();
  }
}

async function dial({ from, to, hearing }: WireOpening): Promise<WebSocket> {
  const host = to.address.includes(":") ? `[${to.address}]` : to.address;
  const options = { localAddress: from, perMessageDeflate: false };
  const socket = new WebSocket(`ws://${host}:${to.port}/`, "sip", options);
  listen(socket, to, hearing);
  await once(socket, "open");
  return socket;
}

/** Whether something other than line ends is behind the body that Content-Length announces: that is refused. */
function hasMore(bytes: Buffer): boolean {
  const text = bytes.toString("latin1").replace(/^(?:\r\n)+/, "");
  const end = text.indexOf("\r\n\r\n");
  // Lines that end otherwise end the reading; that message is refused for what it is.
  if (/\r(?!\n)|(?<!\r)\n/.test(text.slice(0, end))) return false;
  const length = /\r\n(?:content-length|l)[ \t]*:[ \t]*(\d+)[ \t]*\r\n/i.exec(text.slice(0, end + 2))?.[1];
  return end >= 0 && length !== undefined && !LINE_ENDS.test(text.slice(end + 4 + Number(length)));
}

function listen(socket: WebSocket, peer: Peer, hearing: Hearing): void {
  socket.on("message", (data) => {
    if (Buffer.isBuffer(data) && !LINE_ENDS.test(data.toString("latin1"))) hearing(data, peer);
  });
  socket.on("error", () => {});
}
