// The error queue of a socket (IP_RECVERR): ICMP errors with the datagram that caused them.
import { findErrorReport, reportErrno, reportOrigin } from "./control.ts";
import {
  CONTROL_BYTES,
  controlLength,
  emptyEndpoint,
  IOVEC_BYTES,
  Memory,
  MMSGHDR_BYTES,
  NAME_BYTES,
  nameLength,
  readName,
  setNameLength,
  wireControl,
  wireHeader,
  wireIovec,
} from "./layout.ts";
import { Errno, type Libc, MSG_DONTWAIT, MSG_ERRQUEUE } from "./libc.ts";
import type { PlaneHandler } from "./plane.ts";
import type { RefusedPeers } from "./refused-peers.ts";

const PAYLOAD_BYTES = 4_096;
/** Reports taken per socket and turn. */
const MOST = 64;
const ORIGIN_ICMP = 2;
const ORIGIN_ICMP6 = 3;

/** Reads error queues; one per plane. */
export class ErrorQueue {
  readonly #libc: Libc;
  readonly #bytes: Buffer;
  readonly #header: Memory;
  readonly #name: Memory;
  readonly #control: Memory;
  readonly #iovec: Memory;
  readonly #peer: Int32Array = emptyEndpoint();

  constructor(libc: Libc) {
    this.#libc = libc;
    const payload = new ArrayBuffer(PAYLOAD_BYTES);
    this.#bytes = Buffer.from(payload);
    this.#header = new Memory(libc, MMSGHDR_BYTES);
    this.#name = new Memory(libc, NAME_BYTES);
    this.#control = new Memory(libc, CONTROL_BYTES);
    this.#iovec = new Memory(libc, IOVEC_BYTES);
    wireIovec(this.#iovec.words, 0, libc.addressOf(payload), PAYLOAD_BYTES);
    wireHeader(this.#header, 0, this.#name.address, NAME_BYTES, this.#iovec.address);
  }

  /** Takes what is in the queue of `fd` and reports it to the handler, and to `refused` of whom; returns how many reports there were. */
  drain(fd: number, handler: PlaneHandler, refused: RefusedPeers): number {
    let reported = 0;
    for (let i = 0; i < MOST; i++) {
      setNameLength(this.#header.words, 0, NAME_BYTES);
      wireControl(this.#header, 0, this.#control.address, CONTROL_BYTES);
      const length = this.#libc.recvmsg(fd, this.#header.address, MSG_ERRQUEUE | MSG_DONTWAIT);
      if (length < 0) break;
      if (!this.#isUnreachable()) continue;
      readName(this.#name.words, 0, this.#peer, 0);
      refused.add(this.#peer, 0);
      handler.unreachable(this.#bytes, 0, Math.min(length, PAYLOAD_BYTES), this.#peer, 0);
      reported++;
    }
    return reported;
  }

  #isUnreachable(): boolean {
    if (nameLength(this.#header.words, 0) === 0) return false;
    const control = this.#control.words;
    const at = findErrorReport(control, controlLength(this.#header.words, 0));
    if (at < 0) return false;
    const origin = reportOrigin(control, at);
    // "Too big" is no verdict on the destination: the kernel has noted the path's MTU, the next sending fits.
    return (origin === ORIGIN_ICMP || origin === ORIGIN_ICMP6) && reportErrno(control, at) !== Errno.EMSGSIZE;
  }
}
