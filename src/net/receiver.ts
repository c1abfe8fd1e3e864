// Receiving for one socket: recvmmsg straight into the inbox's slots. Everything it needs is wired once; a batch costs one
// call and a few words per datagram.
import { BATCH, type Inbox, MAX_DATAGRAM } from "./batch.ts";
import { readPacketInfo } from "./control.ts";
import { ENDPOINT_WORDS } from "./endpoint.ts";
import {
  CONTROL_BYTES,
  controlLength,
  IOVEC_BYTES,
  Memory,
  MMSGHDR_BYTES,
  messageFlags,
  messageLength,
  NAME_BYTES,
  nameBytes,
  readName,
  resetControl,
  wireControl,
  wireHeader,
  wireIovec,
} from "./layout.ts";
import { Errno, type Libc, MSG_DONTWAIT, MSG_TRUNC } from "./libc.ts";
import type { PlaneCounts } from "./plane.ts";
import type { UdpSocket } from "./udp-socket.ts";

/** What the receivers of one plane share: names, control buffers, and the iovecs that point into the inbox. */
export class ReceiveMemory {
  readonly names: Memory;
  readonly controls: Memory;
  readonly iovecs: Memory;

  constructor(libc: Libc, inbox: Inbox) {
    this.names = new Memory(libc, BATCH * NAME_BYTES);
    this.controls = new Memory(libc, BATCH * CONTROL_BYTES);
    this.iovecs = new Memory(libc, BATCH * IOVEC_BYTES);
    const slots = libc.addressOf(inbox.bytes.buffer as ArrayBuffer) + inbox.bytes.byteOffset;
    // One byte more than the largest datagram, so that a longer one is seen to be longer.
    const room = Math.min(inbox.slotBytes, MAX_DATAGRAM + 1);
    for (let i = 0; i < BATCH; i++) wireIovec(this.iovecs.words, i, slots + i * inbox.slotBytes, room);
  }
}

/** One socket's recvmmsg. */
export class Receiver {
  readonly socket: UdpSocket;
  /** The last call took a whole batch, or nothing because of an error: more may be waiting. */
  hasLeftSome = false;
  readonly #libc: Libc;
  readonly #inbox: Inbox;
  readonly #memory: ReceiveMemory;
  readonly #headers: Memory;
  readonly #counts: PlaneCounts;

  constructor(libc: Libc, socket: UdpSocket, inbox: Inbox, memory: ReceiveMemory, counts: PlaneCounts) {
    this.socket = socket;
    this.#libc = libc;
    this.#inbox = inbox;
    this.#memory = memory;
    this.#counts = counts;
    // Headers are per socket: the kernel then writes back the name length that already stands there.
    this.#headers = new Memory(libc, BATCH * MMSGHDR_BYTES);
    const { names, controls, iovecs } = memory;
    for (let i = 0; i < BATCH; i++) {
      const nameAt = names.address + i * NAME_BYTES;
      wireHeader(this.#headers, i, nameAt, nameBytes(socket.isV6), iovecs.address + i * IOVEC_BYTES);
      if (socket.isWildcard) wireControl(this.#headers, i, controls.address + i * CONTROL_BYTES, CONTROL_BYTES);
    }
  }

  /** Fills the inbox from slot 0 on with what is waiting; returns how many datagrams, 0 for none. */
  receive(): number {
    const { fd, isV6, isWildcard, listener } = this.socket;
    const got = this.#libc.recvmmsg(fd, this.#headers.address, BATCH, MSG_DONTWAIT, 0);
    this.hasLeftSome = got === BATCH;
    if (got < 0) {
      this.#fail();
      return 0;
    }
    const inbox = this.#inbox;
    const headers = this.#headers.words;
    const names = this.#memory.names.words;
    // Far from full: the queue was empty a moment ago, and epoll tells when it no longer is.
    this.socket.isReady = got > ALMOST_EMPTY;
    let kept = 0;
    for (let i = 0; i < got; i++) {
      const length = messageLength(headers, i);
      const isWhole = length <= MAX_DATAGRAM && (messageFlags(headers, i) & MSG_TRUNC) === 0;
      if (isWhole) {
        const start = i * inbox.slotBytes;
        inbox.start[kept] = start;
        inbox.end[kept] = start + length;
        inbox.listener[kept] = listener;
        readName(names, (i * NAME_BYTES) >> 2, inbox.peer, kept * ENDPOINT_WORDS);
        const local = kept * 4;
        inbox.local[local] = 0;
        inbox.local[local + 1] = 0;
        inbox.local[local + 2] = 0;
        inbox.local[local + 3] = 0;
        if (isWildcard) this.#readLocal(i, isV6, local);
        kept++;
      } else this.#counts.oversized++;
      if (isWildcard) resetControl(headers, i, CONTROL_BYTES);
    }
    return kept;
  }

  #readLocal(i: number, isV6: boolean, local: number): void {
    const controls = this.#memory.controls.words;
    readPacketInfo(
      controls,
      (i * CONTROL_BYTES) >> 2,
      controlLength(this.#headers.words, i),
      isV6,
      this.#inbox.local,
      local,
    );
  }

  #fail(): void {
    const error = this.#libc.errno();
    if (error === Errno.EINTR) return;
    if (error === Errno.EAGAIN) {
      this.socket.isReady = false;
      return;
    }
    // The pending error of an earlier send (ICMP). It is cleared now; datagrams may be waiting behind it.
    this.socket.isSuspect = true;
    this.hasLeftSome = true;
  }
}

const ALMOST_EMPTY = 3;
