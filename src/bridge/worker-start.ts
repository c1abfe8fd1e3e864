// What a worker thread is started with, and the few words that it and main share outside the tables.

import type { RingMemory } from "./handoff.ts";
import type { LiveTablesMemory } from "./live-memory.ts";
import type { Snapshot } from "./snapshot.ts";

/** Table sizes of one worker, fixed for the life of the process. */
export interface TableLimits {
  readonly transactions: number;
  readonly dialogs: number;
  /** Bytes for stored messages. */
  readonly messageBytes: number;
}

/** Words of the control block; one Int32Array per worker. */
export const ControlWord = {
  /** Main: newest snapshot generation posted to this worker. */
  generation: 0,
  /** Worker: generation it works with. */
  adopted: 1,
  /** Worker: milliseconds-ticking heartbeat, any change means progress. */
  heartbeat: 2,
  /** Main: 1 asks the worker to stop after this turn. */
  stop: 3,
  /** Worker: 1 while it sleeps (or is about to); producers ring its bell only then. */
  sleeping: 4,
  /** Worker: 1 when it is warm and receiving. */
  ready: 5,
  /** Worker: live transactions and dialogs (gauges). */
  transactions: 6,
  dialogs: 7,
  /** Main, tests only through the admin API's fault hook: 1 makes the worker throw in its loop, 2 makes it hang. */
  fault: 8,
  /** Worker: live calls whose callee is no destination, so that no load has them. */
  callsOutside: 9,
  /** Worker: how full the fullest queue that leads to it is, of 255. */
  fill: 10,
  /** Main: number and wishes of the recount it asks for (bridge/recount.ts). Worker: the one it has done last. */
  recount: 11,
  recounted: 12,
  /** Worker: flows that it keeps open for registered phones. */
  keptFlows: 13,
  /** Worker: HANG_WORDS about users' algorithms (own/hang-watch.ts), which outlive it. */
  choosing: 14,
  /** Worker: the number under which the system knows its thread; 0: none. */
  thread: 23,
  /** Main: 1 when it looks at the worker's ring now and then only, and whoever puts something there has to ring. Worker: 0, it has rung. */
  mainRests: 24,
  /** Main: number of the list of calls that it asks for (bridge/call-list.ts). Worker: the one it has written last. */
  list: 25,
  listed: 26,
} as const;
/** Two cache lines, so that no two workers write into the same one. */
export const CONTROL_WORDS = 32;

/** One inherited socket of the batched plane. */
export interface InheritedSocket {
  /** Index of the listener. */
  readonly listener: number;
  readonly fd: number;
  /** Nothing but what may begin something comes here (net/steering.ts). */
  readonly isForNew: boolean;
  /** Nothing leaves in trains (net/trains.ts). */
  readonly isWithoutTrains: boolean;
}

/** A worker's rings to and from the stream worker, and the words of that. */
export interface StreamLink {
  readonly toStreams: RingMemory;
  readonly fromStreams: RingMemory;
  /** STREAM_WORDS words, see stream-start.ts. */
  readonly words: SharedArrayBuffer;
}

/** `workerData` of a worker. */
export interface WorkerStart {
  readonly index: number;
  /** Nice value of its thread, where it was a spare that stood back; null: as it is. */
  readonly priority: number | null;
  readonly workers: number;
  readonly io: "batched" | "portable";
  /** Batched: sockets opened by main. Portable: empty, the worker opens its own. */
  readonly sockets: readonly InheritedSocket[];
  /** Batched: the eventfd of each worker, by index (the last one is main's own, unused). */
  readonly bells: readonly number[];
  /** Batched: it waits for more where much comes (net/coalescing.ts). */
  readonly coalesces: boolean;
  /** Control blocks of all workers: CONTROL_WORDS each. */
  readonly control: SharedArrayBuffer;
  readonly live: LiveTablesMemory;
  /** Worker-wide counters, see counters.ts. */
  readonly counters: SharedArrayBuffer;
  /** The table of sources, see source-memory.ts. */
  readonly sources: SharedArrayBuffer;
  /** rings[from][to]; thread number `workers` is main. Null on the diagonal. */
  readonly rings: readonly (readonly (RingMemory | null)[])[];
  /** Null where no listener is one of streams. */
  readonly streams: StreamLink | null;
  readonly snapshot: Snapshot;
  readonly limits: TableLimits;
  /** Bytes asked of SO_RCVBUF. */
  readonly receiveBuffer: number;
  /** Made-up calls to run before the first real one; absent: as many as it takes. */
  readonly warmCalls?: number;
  /** Seed of the process's hashes: two 32-bit words, the same in every worker. */
  readonly seed: readonly [number, number];
}

/** Main to worker, over the MessagePort; read between two batches. */
export type ToWorker =
  | { readonly kind: "snapshot"; readonly snapshot: Snapshot }
  /** Portable plane only: something lies in a ring or a control word changed (batched workers are woken by their eventfd). */
  | { readonly kind: "bell" }
  /** To a spare (a worker started with null for `workerData`): it becomes this worker. Always its first message. */
  | { readonly kind: "start"; readonly start: WorkerStart };

/** Worker to main. */
export type ToMain =
  | {
      readonly kind: "listening";
      readonly worker: number;
      readonly receiveBuffer: number;
      /** Its inbox lies where vector instructions read it (sip/packet-memory.ts). */
      readonly isQuick: boolean;
    }
  | { readonly kind: "failed"; readonly worker: number; readonly what: string }
  | { readonly kind: "bell" }
  /** A spare is loaded and warm; its thread's number (net/thread-number.ts). */
  | { readonly kind: "spare"; readonly thread: number }
  /** Portable plane only: another worker sleeps and has something in its ring. */
  | { readonly kind: "wake"; readonly worker: number };
