// The plane over recvmmsg, sendmmsg and epoll: a plain loop in a worker thread, over sockets that main opened.
import { BATCH, Inbox, Outbox } from "./batch.ts";
import { Coalescing } from "./coalescing.ts";
import { ErrorQueue } from "./error-queue.ts";
import { EPOLL_EVENT_BYTES, epollData, epollEvents, Memory, writeEpollEvent } from "./layout.ts";
import { EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLLERR, EPOLLIN, type Libc } from "./libc.ts";
import { noCounts, type Plane, type PlaneCounts, type PlaneHandler, type SpareTime } from "./plane.ts";
import { QueueGauge } from "./queue-gauge.ts";
import { ReceiveMemory, Receiver } from "./receiver.ts";
import { Refusals } from "./refusals.ts";
import { RefusedPeers } from "./refused-peers.ts";
import { Sender } from "./sender.ts";
import type { PlaneSocket } from "./sockets.ts";
import { UdpSocket } from "./udp-socket.ts";

/** Longest sleep, in milliseconds: a thread in an endless poll would make exit and `terminate` hang. */
const LONGEST_SLEEP = 100;
/** While some socket keeps us busy, the others are looked at every so many turns. */
const TURNS_BETWEEN_LOOKS = 8;
/** While what is not new keeps us busy, what is new has one turn of so many. */
const TURNS_BETWEEN_BEGINNINGS = 8;
/** Nothing has come for so many milliseconds: then there is spare time. Between two packets of a busy worker there is none. */
const QUIET = 2;
/** But so often, in milliseconds, there is: whoever sends us something all the time must not keep a worker cold. */
const SELDOM = 100;
const BELL = 0x7fffffff;

/** One worker's inherited sockets. */
export class BatchedPlane implements Plane {
  readonly inbox: Inbox = new Inbox();
  readonly outbox: Outbox = new Outbox((outbox) => this.#sender.send(outbox));
  readonly counts: PlaneCounts = noCounts();
  readonly #libc: Libc;
  readonly #bell: number;
  readonly #sockets: readonly UdpSocket[];
  readonly #receivers: readonly Receiver[];
  readonly #gauges: readonly QueueGauge[];
  /** How full each queue was when it was last received from. */
  readonly #fills: Uint8Array;
  readonly #sender: Sender;
  readonly #refusals: Refusals = new Refusals();
  readonly #refused: RefusedPeers = new RefusedPeers();
  readonly #errors: ErrorQueue;
  readonly #coalescing: Coalescing | null;
  readonly #events: Memory;
  readonly #drained: Memory;
  #epoll = -1;
  #spareTime: SpareTime | null = null;
  /** The last look waited for QUIET, or had no need to, and found nothing. */
  #isQuiet = false;
  /** When spare time was last given away, by `performance.now`. */
  #gaveAt = 0;
  #stopped = false;
  /** Turns in a row in which nothing new was received, because there was enough else. */
  #passedOver = 0;
  /** Datagrams of the last turn, and whether it may have left some in a queue. */
  #came = 0;
  #hasLeftSome = false;

  /**
   * `bell` is this worker's own eventfd (-1: none); with `coalesces`, a worker with much to do waits for more (coalescing.ts). Descriptors
   * stay the caller's; `run` closes none of them.
   */
  constructor(libc: Libc, sockets: readonly PlaneSocket[], bell: number, coalesces = false) {
    this.#libc = libc;
    this.#bell = bell;
    // What is not new is received first.
    this.#sockets = sockets
      .map((socket) => new UdpSocket(libc, socket))
      .sort((a, b) => Number(a.isForNew) - Number(b.isForNew));
    const memory = new ReceiveMemory(libc, this.inbox);
    this.#receivers = this.#sockets.map((socket) => new Receiver(libc, socket, this.inbox, memory, this.counts));
    this.#gauges = this.#sockets.map(({ fd }) => new QueueGauge(libc, fd));
    this.#fills = new Uint8Array(sockets.length);
    this.counts.queuesApart = this.#sockets.some(({ isForNew }) => isForNew);
    const byListener: (UdpSocket | undefined)[] = [];
    for (const socket of this.#sockets) if (!socket.isForNew) byListener[socket.listener] = socket;
    this.#sender = new Sender(libc, byListener, this.outbox, this.counts, this.#refusals, this.#refused);
    this.#errors = new ErrorQueue(libc);
    this.#coalescing = coalesces ? new Coalescing(libc, this.counts) : null;
    this.#events = new Memory(libc, (sockets.length + 1) * EPOLL_EVENT_BYTES);
    this.#drained = new Memory(libc, 8);
  }

  /** Loops until `stop`; runs once. Throws when a descriptor is none, and whatever the handler throws. */
  run(handler: PlaneHandler, spareTime: SpareTime | null = null): void {
    this.#spareTime = spareTime;
    this.#gaveAt = performance.now();
    this.#coalescing?.prepare();
    try {
      this.#watch();
      let turns = 0;
      while (!this.#stopped) {
        const isBusy = this.#receive(handler);
        const wait = handler.tick();
        this.outbox.flush();
        const reports = this.#report(handler);
        if (this.#stopped) break;
        const hasWaited = this.#coalescing?.wait(this.#came, this.#hasLeftSome || wait === 0 || reports > 0) === true;
        // After a wait something may have come to every socket.
        if (isBusy && !hasWaited && ++turns % TURNS_BETWEEN_LOOKS !== 0) continue;
        this.#look(handler, isBusy || reports > 0 ? 0 : wait);
      }
      this.outbox.flush();
    } finally {
      this.#libc.close(this.#epoll);
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  /**
   * One batch from every socket that may have one; whether any of them may have more. What is new waits while there is more of
   * anything else, but not for ever.
   */
  #receive(handler: PlaneHandler): boolean {
    let isBusy = false;
    const { counts } = this;
    let fill = 0;
    let isBehind = false;
    let came = 0;
    let hasLeftSome = false;
    counts.fillOfOthers = 0;
    for (let i = 0; i < this.#receivers.length; i++) {
      const receiver = this.#receivers[i]!;
      const { isForNew } = receiver.socket;
      if (!receiver.socket.isReady) continue;
      if (isForNew && isBehind) {
        fill = Math.max(fill, this.#fills[i]!);
        isBusy = true;
        hasLeftSome = true;
        continue;
      }
      const count = receiver.receive();
      let own = 0;
      // Whoever leaves a queue after a whole batch leaves others behind.
      if (count === BATCH) {
        const gauge = this.#gauges[i]!;
        const before = gauge.lost;
        own = gauge.read();
        if (isForNew) counts.lostNew += gauge.lost - before;
        else {
          counts.lost += gauge.lost - before;
          isBehind = this.#passedOver < TURNS_BETWEEN_BEGINNINGS;
          counts.fillOfOthers = Math.max(counts.fillOfOthers, own);
        }
        fill = Math.max(fill, own);
      }
      this.#fills[i] = own;
      counts.fill = own;
      came += count;
      hasLeftSome ||= receiver.hasLeftSome;
      if (count > 0) handler.receive(count);
      if (receiver.socket.isReady) isBusy = true;
    }
    counts.fill = fill;
    this.#came = came;
    this.#hasLeftSome = hasLeftSome;
    this.#passedOver = isBehind ? this.#passedOver + 1 : 0;
    return isBusy;
  }

  /** Tells the handler what the network refused; returns how many datagrams. */
  #report(handler: PlaneHandler): number {
    let reports = this.#refusals.deliver(handler);
    for (let i = 0; i < this.#sockets.length; i++) {
      const socket = this.#sockets[i]!;
      if (!socket.isSuspect) continue;
      socket.isSuspect = false;
      reports += this.#errors.drain(socket.fd, handler, this.#refused);
    }
    this.counts.unreachable += reports;
    return reports;
  }

  /** Asks epoll what is ready, sleeping up to `wait` ms if the handler agrees. */
  #look(handler: PlaneHandler, wait: number): void {
    let milliseconds = Math.min(Math.ceil(wait), LONGEST_SLEEP);
    const maySleep = milliseconds > 0;
    if (maySleep && !handler.arm()) milliseconds = 0;
    const hasSpare = milliseconds >= QUIET && this.#spareTime !== null;
    const mayGive = hasSpare && (this.#isQuiet || performance.now() - this.#gaveAt >= SELDOM);
    if (hasSpare) milliseconds = mayGive ? 0 : QUIET;
    const events = this.#events.words;
    const count = this.#libc.epoll_wait(this.#epoll, this.#events.address, this.#sockets.length + 1, milliseconds);
    this.#isQuiet = hasSpare && count === 0 && (this.#isQuiet || !mayGive);
    // Armed still: what others pass on meanwhile rings, and ends the quiet.
    if (mayGive && count === 0) this.#give();
    if (maySleep) handler.disarm();
    for (let i = 0; i < count; i++) {
      const index = epollData(events, i);
      if (index === BELL) {
        this.#libc.read(this.#bell, this.#drained.address, 8);
        continue;
      }
      const socket = this.#sockets[index]!;
      const what = epollEvents(events, i);
      if ((what & EPOLLIN) !== 0) socket.isReady = true;
      if ((what & EPOLLERR) !== 0) {
        socket.isSuspect = true;
        // An error whose report did not fit the queue is cleared by the next receive call only.
        socket.isReady = true;
      }
    }
  }

  #give(): void {
    if (this.#spareTime?.next().done === true) this.#spareTime = null;
    this.#gaveAt = performance.now();
  }

  #watch(): void {
    const libc = this.#libc;
    this.#epoll = libc.epoll_create1(EPOLL_CLOEXEC);
    const event = new Memory(libc, 16);
    for (const [i, socket] of this.#sockets.entries()) {
      writeEpollEvent(event, EPOLLIN, i);
      this.#add(socket.fd, event);
    }
    writeEpollEvent(event, EPOLLIN, BELL);
    if (this.#bell >= 0) this.#add(this.#bell, event);
  }
  #add(fd: number, event: Memory): void {
    if (this.#libc.epoll_ctl(this.#epoll, EPOLL_CTL_ADD, fd, event.address) === 0) return;
    // Without epoll the loop would spin and hear nothing: better no worker than that one.
    throw new Error(`epoll does not take descriptor ${fd}: errno ${this.#libc.errno()}`);
  }
}
