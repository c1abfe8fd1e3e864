// Cases over TCP: each has a connection of its own, valid calls share one.
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Peer } from "../../src/ua/transport.ts";
import { StreamReader } from "../kit/stream-reader.ts";
import type { Hearing } from "./listener.ts";
import { portOfVia, SIP_PORT } from "./via-port.ts";
import type { Callee, Wire, WireOpening } from "./wire.ts";

/** Connections of cases are kept for so many further cases: an answer may be late. */
const KEPT = 16;

/** The sender's side. */
export class StreamWire implements Wire {
  readonly via = "TCP";
  readonly local: Peer;
  readonly #opening: WireOpening;
  readonly #calls: Socket;
  readonly #cases: Socket[] = [];
  readonly #callees: Map<number, StreamCallee> = new Map();

  private constructor(opening: WireOpening, calls: Socket) {
    this.#opening = opening;
    this.#calls = calls;
    this.local = { address: opening.from, port: calls.localPort ?? 0 };
  }

  static async open(opening: WireOpening): Promise<StreamWire> {
    const wire = new StreamWire(opening, await dial(opening));
    await wire.#listenOn(SIP_PORT);
    return wire;
  }

  /** Listens at the port of the case's Via: that is where an answer goes whose connection is gone (RFC 3263 5). */
  async prepare(bytes: Buffer): Promise<void> {
    const port = portOfVia(bytes);
    if (port > 0 && port < 65_536 && !this.#callees.has(port)) await this.#listenOn(port);
  }

  async sendCase(bytes: Buffer): Promise<number> {
    const socket = await dial(this.#opening);
    this.#cases.push(socket);
    if (this.#cases.length > KEPT) this.#cases.shift()?.resetAndDestroy();
    socket.write(bytes);
    let whole = 0;
    const reader = new StreamReader();
    reader.onMessage = () => whole++;
    reader.push(bytes);
    return whole;
  }

  async sendCall(bytes: Buffer): Promise<void> {
    this.#calls.write(bytes);
  }

  close(): void {
    for (const socket of [...this.#cases, this.#calls]) socket.resetAndDestroy();
    for (const callee of this.#callees.values()) callee.close();
  }

  async #listenOn(port: number): Promise<void> {
    const { from, hearing } = this.#opening;
    this.#callees.set(port, await StreamCallee.open({ address: from, port }, hearing));
  }
}

/** The destination's side: it answers over the connection that it heard something by. */
export class StreamCallee implements Callee {
  readonly local: Peer;
  readonly #server: Server;
  readonly #sockets: Map<string, Socket> = new Map();

  private constructor(server: Server, local: Peer) {
    this.#server = server;
    this.local = local;
  }

  /** Listens; rejects when the port is taken. */
  static async open({ address, port }: Peer, hearing: Hearing): Promise<StreamCallee> {
    const server = createServer({ noDelay: true });
    server.listen({ host: address, port });
    await once(server, "listening");
    const bound = server.address();
    const callee = new StreamCallee(server, {
      address,
      port: typeof bound === "object" && bound !== null ? bound.port : 0,
    });
    server.on("connection", (socket) => {
      const peer = { address: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 };
      callee.#sockets.set(`${peer.address} ${peer.port}`, socket);
      listen(socket, peer, hearing);
    });
    return callee;
  }

  async send(bytes: Buffer, to: Peer): Promise<void> {
    this.#sockets.get(`${to.address} ${to.port}`)?.write(bytes);
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.resetAndDestroy();
    this.#server.close();
  }
}

async function dial({ from, to, hearing }: WireOpening): Promise<Socket> {
  const socket = connect({ host: to.address, port: to.port, localAddress: from, noDelay: true });
  listen(socket, to, hearing);
  await once(socket, "connect");
  return socket;
}

/** Hears what comes over a connection; what is no message comes as one piece, so that nobody overlooks it. */
function listen(socket: Socket, peer: Peer, hearing: Hearing): void {
  const reader = new StreamReader();
  reader.onMessage = (bytes) => hearing(bytes, peer);
  socket.on("data", (chunk: Buffer) => {
    reader.push(chunk);
    if (reader.isBroken) hearing(chunk, peer);
  });
  socket.on("error", () => {});
}
