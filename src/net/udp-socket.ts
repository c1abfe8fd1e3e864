// One inherited socket of the batched plane, as its thread sees it.
import { emptyEndpoint, Memory, readName } from "./layout.ts";
import { type Libc, SocketOption } from "./libc.ts";
import type { PlaneSocket } from "./sockets.ts";

/** What fits an Ethernet packet over IPv4: longer datagrams are cut up on most ways, which excludes trains. */
const LONGEST = 1_472;

/** A bound UDP socket: what never changes, and flags that its plane keeps. */
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
  /** Longer datagrams, in bytes, do not go in trains (trains.ts); 0: none does. */
  longestInTrain: number;
  /** Whether a refused train has taught it that. */
  hasLearnt = false;

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
    length.words[0] = 4;
    const [level, option] = SocketOption.segment;
    const isPossible = libc.getsockopt(socket.fd, level, option, name.address, length.address) === 0;
    this.longestInTrain = isPossible && socket.isWithoutTrains !== true ? LONGEST : 0;
  }
}
