// Everything that main and the workers share, reserved once for the life of the process.
import { randomBytes } from "node:crypto";
import { createCountersMemory } from "../bridge/counters.ts";
import { createRingMemory, type RingMemory } from "../bridge/handoff.ts";
import { createLiveTablesMemory, type LiveTablesMemory } from "../bridge/live-memory.ts";
import { createSourceMemory } from "../bridge/source-memory.ts";
import { STREAM_WORDS } from "../bridge/stream-start.ts";
import { CONTROL_WORDS, type StreamLink } from "../bridge/worker-start.ts";

/** The shared buffers of a process with `workers` workers. */
export interface SharedMemory {
  readonly workers: number;
  /** CONTROL_WORDS words per worker. */
  readonly control: SharedArrayBuffer;
  readonly live: LiveTablesMemory;
  readonly counters: SharedArrayBuffer;
  /** See bridge/source-memory.ts. */
  readonly sources: SharedArrayBuffer;
  /** rings[from][to]; thread number `workers` is main. */
  readonly rings: readonly (readonly (RingMemory | null)[])[];
  /** By worker; empty where no listener is one of streams. */
  readonly streams: readonly StreamLink[];
  /** Words and counters of the stream worker, see bridge/stream-start.ts. */
  readonly streamWords: SharedArrayBuffer;
  readonly seed: readonly [number, number];
}

/** Reserves it. `ringBytes` is for tests; the default is right for everything else. */
export function createSharedMemory(workers: number, hasStreams = false, ringBytes?: number): SharedMemory {
  const threads = Array.from({ length: workers + 1 }, (_, thread) => thread);
  const seed = randomBytes(8);
  const words = new SharedArrayBuffer(STREAM_WORDS * 4);
  const links = Array.from({ length: hasStreams ? workers : 0 }, () => ({
    toStreams: createRingMemory(ringBytes),
    fromStreams: createRingMemory(ringBytes),
    words,
  }));
  return {
    workers,
    control: new SharedArrayBuffer(CONTROL_WORDS * 4 * workers),
    live: createLiveTablesMemory(workers),
    counters: createCountersMemory(workers),
    sources: createSourceMemory(),
    rings: threads.map((from) => threads.map((to) => (from === to ? null : createRingMemory(ringBytes)))),
    streams: links,
    streamWords: words,
    seed: [seed.readInt32LE(0), seed.readInt32LE(4)],
  };
}
