// The two ways onto the wire, behind one interface: `batched` loops over recvmmsg and epoll in a worker thread,
// `portable` is called from node:dgram events.
import type { Inbox, Outbox } from "./batch.ts";

/** What a plane calls. Both methods must not throw, and must return soon. */
export interface PlaneHandler {
  /** `count` datagrams lie in the inbox. */
  receive(count: number): void;
  /** Rings, timers, snapshots; returns in how many milliseconds it wants to be called again (0: at once). */
  tick(): number;
  /** About to sleep: returns false if there is work after all (a ring filled meanwhile). */
  arm(): boolean;
  /** Awake again. */
  disarm(): void;
  /**
   * A datagram that we sent was refused by the network (ICMP; batched plane only). `start..end` is as much of its payload
   * as the network returned, in `bytes`; `peer[at]` is where it had been sent. Where workers share a port the kernel may
   * tell any of them, not only the one that sent: the branch in the payload says whose it is. Also called, after the turn,
   * for what the system refused to send at once (no route), and with `isOurs` for what only we had no room to pass on. What it commits to the outbox is sent in this turn or the next.
   */
  unreachable(bytes: Buffer, start: number, end: number, peer: Int32Array, at: number, isOurs?: boolean): void;
}

/**
 * What a plane takes a step of in turns in which nothing waits and nothing is due, until it ends. Between the packets of a busy worker there are
 * such turns, too, and the time in them is not to spare: nothing may have come for a while. A step should be short, because
 * whatever arrives meanwhile waits, and must not throw. An iterator and not a function: V8's compiler does not put a generator's
 * body into the loop that drives it, which it would compile for a tenth of a second, and throw away with the first packet.
 */
export type SpareTime = Iterator<void>;

/** What a plane could not pass on, since it was made. Read by the worker's counters; plain numbers, one writer. */
export interface PlaneCounts {
  /** Received and dropped: larger than MAX_DATAGRAM, or cut off. */
  oversized: number;
  /** Handed to `outbox` and never sent: no route, refused at once, no buffer space, wrong address family. */
  unsent: number;
  /** Sent in trains: several datagrams of one length in one piece, cut up by the system (trains.ts). */
  inTrains: number;
  /** Sockets that a refused train has taught to send fewer or none (decision 0048). */
  withoutTrains: number;
  /** Times that it waited for more to come (coalescing.ts). */
  coalescingWaits: number;
  /** Reported through `unreachable`. */
  unreachable: number;
  /**
   * How full a receive queue is, of 255 (batched plane only; queues that one batch empties are empty): while a batch is handed
   * over its own, from then on the fullest of this turn.
   */
  fill: number;
  /** Whether what may begin something waits in queues of its own (steering.ts). */
  queuesApart: boolean;
  /** The fullest in this turn of the queues in which something waits that is not new: of all, where queues are not apart. */
  fillOfOthers: number;
  /** Dropped by the system because a receive queue was full (batched plane only); where queues are apart, nothing that began something. */
  lost: number;
  /** Dropped by the system because a queue for what is new was full. */
  lostNew: number;
}

/** The counts of a plane that has done nothing yet. */
export function noCounts(): PlaneCounts {
  return {
    oversized: 0,
    unsent: 0,
    inTrains: 0,
    withoutTrains: 0,
    coalescingWaits: 0,
    unreachable: 0,
    fill: 0,
    queuesApart: false,
    fillOfOthers: 0,
    lost: 0,
    lostNew: 0,
  };
}

/** One worker's sockets. */
export interface Plane {
  readonly counts: PlaneCounts;
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  /** Batched: returns when `stop` was called. Portable: returns at once and keeps the event loop alive until `stop`, and has no spare time. */
  run(handler: PlaneHandler, spareTime?: SpareTime): void;
  stop(): void;
}
