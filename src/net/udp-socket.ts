// One inherited socket of the batched plane, as its thread sees it.
import { emptyEndpoint, Memory, readName } from "./layout.ts";
import type { Libc } from "./libc.ts";
import type { PlaneSocket } from "./sockets.ts";

/** A bound UDP socket: what never changes, and two flags that its plane keeps. */
export class UdpSocket {
  readonly listener: number;
  readonly fd: number;
  /** Nothing but what may begin something comes here, and nothing is sent from here. */
  readonly isForNew: boolean;
  readonly isV6: boolean;
  /** Bound to 0.0.0.0 or ::, so datagrams come and go with packet info. */
  readonly isWildcard: boolean;
  readonly port: number;
  /** Something may be waiting: receive before sleeping. */
  isReady = true;
  /** A call failed or epoll reported an error: the error queue may hold ICMP reports. */
  isSuspect = true;

  constructor(libc: Libc, socket: PlaneSocket) {
    this.listener = socket.listener;
    this.fd = socket.fd;
    this.isForNew = socket.isForNew;
    const name = new Memory(libc, 32);
    const length = new Memory(libc, 8);
    length.words[0] = 32;
    libc.getsockname(socket.fd, name.address, length.address);
    const endpoint = emptyEndpoint();
    readName(name.words, 0, endpoint, 0);
    this.isV6 = length.words[0] !== 16;
    this.isWildcard = endpoint[0] === 0 && endpoint[1] === 0 && endpoint[3] === 0;
    this.port = endpoint[4]!;
  }
}
