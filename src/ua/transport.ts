// One UDP socket of a user agent.
import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { addressUri, parameterOf } from "./parsed-message.ts";

/** Where a datagram goes to or came from: a numeric address (no brackets) and a port. */
export interface Peer {
  readonly address: string;
  readonly port: number;
}

/** `10.0.0.1:5060` or `[::1]:5060`. */
export function formatPeer(peer: Peer): string {
  return peer.address.includes(":") ? `[${peer.address}]:${peer.port}` : `${peer.address}:${peer.port}`;
}

/** The numeric host and port of a SIP URI or name-addr (port 5060 when it has none); null for a host name. */
export function peerOfUri(value: string): Peer | null {
  const uri = value.includes("<") ? addressUri(value) : value;
  const host = parameterOf(uri, "maddr") ?? uri.replace(/^sips?:/i, "").replace(/^[^@]*@/, "");
  const port = Number(/^sips?:(?:[^@]*@)?(?:\[[^\]]*\]|[^:;?]*):(\d+)/i.exec(uri)?.[1] ?? 5060);
  const address = /^\[([^\]]+)\]|^(\d+\.\d+\.\d+\.\d+)/.exec(host);
  return address === null ? null : { address: address[1] ?? address[2]!, port };
}

/** What a user agent sends and receives by. */
export interface AgentTransport {
  readonly local: Peer;
  /** Called for every message; set by the owner. */
  onDatagram: (bytes: Buffer, peer: Peer) => void;
  send(bytes: Buffer, peer: Peer): void;
  close(): Promise<void>;
}

/** A bound socket. Errors of single sends are ignored: on UDP a lost datagram is the transaction's business. */
export class Transport implements AgentTransport {
  readonly local: Peer;
  /** Called for every datagram; set by the owner. */
  onDatagram: (bytes: Buffer, peer: Peer) => void = () => {};
  #socket: Socket;
  #isOpen = true;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const bound = socket.address();
    this.local = { address: bound.address, port: bound.port };
    socket.on("message", (bytes, from) => this.onDatagram(bytes, { address: from.address, port: from.port }));
    socket.on("error", () => {});
  }

  /** Binds `address` (numeric) and `port` (0: any free one); rejects when the port is taken. */
  static open(address: string, port = 0): Promise<Transport> {
    const socket = createSocket({ type: isIPv6(address) ? "udp6" : "udp4", recvBufferSize: 1 << 20 });
    return new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(port, address, () => {
        socket.off("error", reject);
        resolve(new Transport(socket));
      });
    });
  }

  /** Sends one datagram; nothing happens after `close`. */
  send(bytes: Buffer, peer: Peer): void {
    if (this.#isOpen) this.#socket.send(bytes, peer.port, peer.address, () => {});
  }

  close(): Promise<void> {
    if (!this.#isOpen) return Promise.resolve();
    this.#isOpen = false;
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }
}
