// A TCP relay between a client and a server that a test can make misbehave: refuse, cut, go silent, or lie.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** What it does with what the server says. */
export type RelayMode = "passes" | "refuses" | "is silent" | "lies";

/** A running relay. */
export class Relay {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #mode: RelayMode = "passes";
  /** Connections that were taken. */
  connections = 0;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /** Relays to a port of 127.0.0.1. */
  static async open(to: number): Promise<Relay> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const relay = new Relay(server, (server.address() as AddressInfo).port);
    server.on("connection", (client) => relay.#take(client, to));
    return relay;
  }

  /** From now on; what is connected is cut. */
  turn(mode: RelayMode): void {
    this.#mode = mode;
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.turn("refuses");
    this.#server.close();
    await once(this.#server, "close");
  }

  #take(client: Socket, to: number): void {
    this.connections++;
    this.#keep(client);
    if (this.#mode === "refuses") {
      client.resetAndDestroy();
      return;
    }
    const server = this.#keep(connect(to, "127.0.0.1"));
    client.on("data", (bytes) => server.write(bytes));
    let isGreeted = false;
    server.on("data", (bytes) => {
      if (this.#mode === "is silent") return;
      // The greeting goes through, so that the driver is well inside its protocol when the nonsense comes.
      client.write(this.#mode === "lies" && isGreeted ? randomBytes(Math.max(bytes.length, 64)) : bytes);
      isGreeted = true;
    });
    client.on("close", () => server.destroy());
    server.on("close", () => client.destroy());
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
    return socket;
  }
}
