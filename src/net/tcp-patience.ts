// How long TCP waits for somebody who acknowledges nothing (TCP_USER_TIMEOUT, RFC 5482). Its own patience is a quarter of an hour, and
// while data is on its way nobody is asked whether he is still there. Node cannot set it; on Linux its sockets tell their descriptor.
import type { Server, Socket } from "node:net";
import { Memory } from "./layout.ts";
import { type Libc, SocketOption } from "./libc.ts";

/** A patience to be set for connections; those that it is not set for have the system's own. */
export class TcpPatience {
  readonly #libc: Libc;
  readonly #value: Memory;

  /** `milliseconds` should be more than keep-alives take to find out: the kernel ends these by it, too. */
  constructor(libc: Libc, milliseconds: number) {
    this.#libc = libc;
    this.#value = new Memory(libc, 4);
    this.#value.words[0] = milliseconds;
  }

  /** Sets it for a connection (also one of TLS), or for all that a server will accept; false: this is not possible here. */
  set(of: Socket | Server): boolean {
    const { _handle: handle } = of as { _handle?: { readonly fd?: number } | null };
    const fd = handle?.fd ?? -1;
    const [level, name] = SocketOption.userTimeout;
    return fd >= 0 && this.#libc.setsockopt(fd, level, name, this.#value.address, 4) === 0;
  }
}
