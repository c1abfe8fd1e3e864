// A socket that remembers what it hears.
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import type { Peer } from "../../src/ua/transport.ts";

/** Called for each datagram. */
export type Hearing = (bytes: Buffer, from: Peer) => void;

/** A bound UDP socket. */
export class Listener {
  readonly local: Peer;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const { address, port } = socket.address();
    this.local = { address, port };
  }

  /** Binds; rejects when the address is taken. */
  static async open(local: Peer, hearing: Hearing): Promise<Listener> {
    const socket = createSocket(isIPv6(local.address) ? "udp6" : "udp4");
    socket.on("message", (bytes, { address, port }) => hearing(bytes, { address, port }));
    socket.bind({ port: local.port, address: local.address, exclusive: true });
    await once(socket, "listening");
    socket.setRecvBufferSize(4 << 20);
    return new Listener(socket);
  }

  /** Sends; resolves when the kernel has it. */
  send(bytes: Buffer, to: Peer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.send(bytes, to.port, to.address, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  close(): void {
    this.#socket.close();
  }
}
