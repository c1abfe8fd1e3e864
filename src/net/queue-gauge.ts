// How full a socket's receive queue is, and what the system has dropped because it was: SO_MEMINFO (Linux 4.12).
import { Memory } from "./layout.ts";
import { type Libc, SocketOption } from "./libc.ts";

/** A full queue, as `fill` tells it. */
export const FULL = 255;
/** Words of the option's value: struct sk_meminfo. */
const WORDS = 9;
const QUEUED = 0;
const ROOM = 1;
const DROPPED = 8;

/** The gauge of one socket. A system without the option shows an empty queue. */
export class QueueGauge {
  /** Datagrams that the system dropped since the gauge was made. */
  lost = 0;
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #value: Memory;
  readonly #length: Memory;
  #dropped = 0;

  constructor(libc: Libc, fd: number) {
    this.#libc = libc;
    this.#fd = fd;
    this.#value = new Memory(libc, WORDS * 4);
    this.#length = new Memory(libc, 8);
    this.read();
    this.lost = 0;
  }

  /** Looks; returns how full the queue is, from 0 to `FULL`. */
  read(): number {
    const [level, name] = SocketOption.memoryInfo;
    const { words } = this.#value;
    this.#length.words[0] = WORDS * 4;
    if (this.#libc.getsockopt(this.#fd, level, name, this.#value.address, this.#length.address) !== 0) return 0;
    // The system's own figure goes round at 2^32.
    this.lost += (words[DROPPED]! - this.#dropped) >>> 0;
    this.#dropped = words[DROPPED]!;
    const room = words[ROOM]! >>> 0;
    return room === 0 ? 0 : Math.min(FULL, Math.floor(((words[QUEUED]! >>> 0) * FULL) / room));
  }
}
