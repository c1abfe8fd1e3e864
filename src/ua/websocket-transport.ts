// The WebSocket side of a user agent (RFC 7118): it listens, connects where there is no connection yet, and sends one SIP
// message per WebSocket message.
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { WebSocket, WebSocketServer } from "ws";
import { type StreamSecurity, tlsOptions } from "./stream-security.ts";
import type { AgentTransport, Peer } from "./transport.ts";

/** A WebSocket listener and all connections of one user agent. */
export class WebSocketTransport implements AgentTransport {
  readonly local: Peer;
  onDatagram: (bytes: Buffer, peer: Peer) => void = () => {};
  /** Connections that were made to us, and by us, since the beginning. */
  accepted = 0;
  made = 0;
  /** Whether it sends text frames; binary ones otherwise. */
  isText = true;
  #server: Server;
  #sockets = new Map<string, WebSocket>();
  #isOpen = true;

  readonly #security: StreamSecurity | undefined;

  private constructor(server: Server, local: Peer, security: StreamSecurity | undefined) {
    this.#server = server;
    this.local = local;
    this.#security = security;
    const web = new WebSocketServer({ server, perMessageDeflate: false, handleProtocols: () => "sip" });
    web.on("connection", (socket, { socket: below }) => {
      this.accepted++;
      this.#adopt(socket, { address: below.remoteAddress ?? "", port: below.remotePort ?? 0 });
    });
  }

  /** Listens on `address` (numeric) and `port` (0: any free one); rejects when the port is taken. With `security`: TLS. */
  static open(address: string, port = 0, security?: StreamSecurity): Promise<WebSocketTransport> {
    const server = security === undefined ? createServer() : createTlsServer(tlsOptions(security));
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: address, port }, () => {
        const bound = server.address();
        if (typeof bound !== "object" || bound === null) reject(new Error("not bound"));
        else resolve(new WebSocketTransport(server, { address: bound.address, port: bound.port }, security));
      });
    });
  }

  /** Sends over the connection to `peer`, which is made if there is none. What cannot be sent is lost. */
  send(bytes: Buffer, peer: Peer): void {
    if (!this.#isOpen) return;
    const known = this.#sockets.get(nameOf(peer));
    const socket = known ?? this.#connect(peer);
    const send = () => socket.send(bytes, { binary: !this.isText }, () => {});
    if (socket.readyState === WebSocket.CONNECTING) socket.once("open", send);
    else send();
  }

  /** Breaks all connections; new ones may be made. */
  breakConnections(): void {
    for (const socket of this.#sockets.values()) socket.terminate();
    this.#sockets.clear();
  }

  close(): Promise<void> {
    if (!this.#isOpen) return Promise.resolve();
    this.#isOpen = false;
    this.breakConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #connect(peer: Peer): WebSocket {
    this.made++;
    const host = peer.address.includes(":") ? `[${peer.address}]` : peer.address;
    const security = this.#security;
    const scheme = security === undefined ? "ws" : "wss";
    const socket = new WebSocket(`${scheme}://${host}:${peer.port}/`, "sip", {
      perMessageDeflate: false,
      ...(security === undefined ? {} : tlsOptions(security)),
      rejectUnauthorized: security?.ca !== undefined,
    });
    this.#adopt(socket, peer);
    return socket;
  }

  #adopt(socket: WebSocket, peer: Peer): void {
    const name = nameOf(peer);
    this.#sockets.set(name, socket);
    socket.on("error", () => {});
    socket.on("close", () => {
      if (this.#sockets.get(name) === socket) this.#sockets.delete(name);
    });
    socket.on("message", (data) => {
      if (Buffer.isBuffer(data)) this.onDatagram(data, peer);
    });
  }
}

function nameOf({ address, port }: Peer): string {
  return `${address} ${port}`;
}
