// The TCP or TLS side of a user agent: it listens, connects where there is no connection yet, and takes messages out of the streams.
// Made on its own, not from the balancer's framer: the two check each other.
import { connect, createServer, type Server, type Socket } from "node:net";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { type StreamSecurity, tlsOptions } from "./stream-security.ts";
import type { AgentTransport, Peer } from "./transport.ts";

const END_OF_HEADERS = "\r\n\r\n";

/** A TCP listener and all connections of one user agent. */
export class StreamTransport implements AgentTransport {
  readonly local: Peer;
  onDatagram: (bytes: Buffer, peer: Peer) => void = () => {};
  /** Connections that were made to us, and by us, since the beginning. */
  accepted = 0;
  made = 0;
  #server: Server;
  #sockets = new Map<string, Socket>();
  #isOpen = true;
  readonly #security: StreamSecurity | undefined;

  private constructor(server: Server, local: Peer, security: StreamSecurity | undefined) {
    this.#server = server;
    this.local = local;
    this.#security = security;
    server.on(security === undefined ? "connection" : "secureConnection", (socket: Socket) => {
      this.accepted++;
      this.#adopt(socket, { address: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 });
    });
  }

  /** Listens on `address` (numeric) and `port` (0: any free one); rejects when the port is taken. With `security`: TLS. */
  static open(address: string, port = 0, security?: StreamSecurity): Promise<StreamTransport> {
    const server =
      security === undefined
        ? createServer({ noDelay: true })
        : createTlsServer({ ...tlsOptions(security), noDelay: true, requestCert: security.asksClients === true });
    server.on("tlsClientError", () => {});
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: address, port }, () => {
        const bound = server.address();
        if (typeof bound !== "object" || bound === null) reject(new Error("not bound"));
        else resolve(new StreamTransport(server, { address: bound.address, port: bound.port }, security));
      });
    });
  }

  /** Sends over the connection to `peer`, which is made if there is none. What cannot be sent is lost. */
  send(bytes: Buffer, peer: Peer): void {
    if (!this.#isOpen) return;
    const known = this.#sockets.get(nameOf(peer));
    if (known === undefined) this.made++;
    const socket = known ?? this.#connect(peer);
    if (known === undefined) this.#adopt(socket, peer);
    socket.write(bytes);
  }

  /** Breaks all connections; new ones may be made. */
  breakConnections(): void {
    for (const socket of this.#sockets.values()) {
      if (this.#security === undefined) socket.resetAndDestroy();
      else socket.destroy();
    }
    this.#sockets.clear();
  }

  close(): Promise<void> {
    if (!this.#isOpen) return Promise.resolve();
    this.#isOpen = false;
    this.breakConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #connect({ address: host, port }: Peer): Socket {
    if (this.#security === undefined) return connect({ host, port, noDelay: true });
    const { ca, serverName: servername = "" } = this.#security;
    // It is for tests and the demo, where names lead nowhere: who is there is asked of the chain alone.
    const checkServerIdentity = () => undefined;
    const socket = connectTls({
      ...tlsOptions(this.#security),
      host,
      port,
      servername,
      rejectUnauthorized: ca !== undefined,
      checkServerIdentity,
    });
    return socket.setNoDelay(true);
  }

  #adopt(socket: Socket, peer: Peer): void {
    const name = nameOf(peer);
    this.#sockets.set(name, socket);
    let rest: Buffer = Buffer.alloc(0);
    socket.on("error", () => {});
    socket.on("close", () => {
      if (this.#sockets.get(name) === socket) this.#sockets.delete(name);
    });
    socket.on("data", (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (let length = lengthOf(rest); length > 0 && length <= rest.length; length = lengthOf(rest)) {
        const message = rest.subarray(0, length);
        rest = rest.subarray(length);
        this.onDatagram(message, peer);
      }
    });
  }
}

function nameOf({ address, port }: Peer): string {
  return `${address} ${port}`;
}

/** Length of the first message; 0 while its headers are not whole. */
function lengthOf(bytes: Buffer): number {
  const end = bytes.indexOf(END_OF_HEADERS);
  if (end < 0) return 0;
  const body = /\r\n(?:content-length|l)[ \t]*:\s*(\d+)/i.exec(bytes.toString("latin1", 0, end))?.[1];
  return end + END_OF_HEADERS.length + Number(body ?? 0);
}
