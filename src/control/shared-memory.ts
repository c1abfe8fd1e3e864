// Everything that main and the workers share, reserved once for the life of the process.
import { randomBytes } from "node:crypto";
import { createCountersMemory } from "../bridge/counters.ts";
import { createRingMemory, type RingMemory } from "../bridge/handoff.ts";
import { createLiveTablesMemory, type LiveTablesMemory } from "../bridge/live-tables.ts";
import { CONTROL_WORDS } from "../bridge/worker-start.ts";

/** The shared buffers of a process with `workers` workers. */
export interface SharedMemory {
  readonly workers: number;
  /** CONTROL_WORDS words per worker. */
  readonly control: SharedArrayBuffer;
  readonly live: LiveTablesMemory;
  readonly counters: SharedArrayBuffer;
  /** rings[from][to]; thread number `workers` is main. */
  readonly rings: readonly (readonly (RingMemory | null)[])[];
  readonly seed: readonly [number, number];
}

/** Reserves it. `ringBytes` is for tests; the default is right for everything else. */
export function createSharedMemory(workers: number, ringBytes?: number): SharedMemory {
  const threads = Array.from({ length: workers + 1 }, (_, thread) => thread);
  const seed = randomBytes(8);
  return {
    workers,
    control: new SharedArrayBuffer(CONTROL_WORDS * 4 * workers),
    live: createLiveTablesMemory(workers),
    counters: createCountersMemory(workers),
    rings: threads.map((from) => threads.map((to) => (from === to ? null : createRingMemory(ringBytes)))),
    seed: [seed.readInt32LE(0), seed.readInt32LE(4)],
  };
}
