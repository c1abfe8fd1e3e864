// Which of many descriptors have something to be received, told by epoll to a thread that has an event loop of its own: the waiting is
// done in libuv's pool, of whose threads (four, of the whole process) each that waits has one.
import { EPOLL_EVENT_BYTES, epollData, epollEvents, Memory, writeEpollEvent } from "./layout.ts";
import {
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLRDHUP,
  type Libc,
} from "./libc.ts";

/** So many are told at a time; where there are no more, all were. */
export const MOST_READY = 256;
const OVER = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

/** Gets what was said of a descriptor by `add`, and whether nothing will follow what has come over it. */
export type Ready = (data: number, isOver: boolean) => void;

/** A set of descriptors that are watched. */
export class Readiness {
  /** The descriptor of the epoll itself. */
  readonly fd: number;
  readonly #libc: Libc;
  readonly #event: Memory;
  readonly #events: Memory;

  /** Throws when the system has no descriptor left. */
  constructor(libc: Libc) {
    this.#libc = libc;
    this.#event = new Memory(libc, 16);
    this.#events = new Memory(libc, MOST_READY * EPOLL_EVENT_BYTES);
    this.fd = libc.epoll_create1(EPOLL_CLOEXEC);
    if (this.fd < 0) throw new Error(`no epoll: errno ${libc.errno()}`);
  }

  /** Watches a listening socket: `data` is told as long as somebody waits to be accepted. Throws when it cannot be: nobody ever would. */
  addListener(fd: number, data: number): void {
    if (!this.#add(fd, EPOLLIN, data)) throw new Error(`a listener cannot be watched: errno ${this.#libc.errno()}`);
  }

  /** Watches a connection: `data` is told whenever something more has come. False: the system does not watch it. */
  add(fd: number, data: number): boolean {
    return this.#add(fd, EPOLLIN | EPOLLRDHUP | EPOLLET, data);
  }

  /** Watches it no longer; what has been found already may still be told. */
  remove(fd: number): void {
    this.#libc.epoll_ctl(this.fd, EPOLL_CTL_DEL, fd, this.#event.address);
  }

  /** Tells what is ready now; how much that was. Not while `wait` is under way, which has the same memory. */
  look(ready: Ready): number {
    return this.#tell(this.#libc.epoll_wait(this.fd, this.#events.address, MOST_READY, 0), ready);
  }

  /** Tells what is ready as soon as something is, then calls `done` with how much: at the latest after so many milliseconds. Not to be called again before. */
  wait(milliseconds: number, ready: Ready, done: (found: number) => void): void {
    this.#libc.epollWaitLater(this.fd, this.#events.address, MOST_READY, milliseconds, (count) => {
      done(this.#tell(count, ready));
    });
  }

  #tell(count: number, ready: Ready): number {
    const { words } = this.#events;
    for (let i = 0; i < count; i++) ready(epollData(words, i), (epollEvents(words, i) & OVER) !== 0);
    return count;
  }

  #add(fd: number, events: number, data: number): boolean {
    writeEpollEvent(this.#event, events, data);
    return this.#libc.epoll_ctl(this.fd, EPOLL_CTL_ADD, fd, this.#event.address) === 0;
  }
}
