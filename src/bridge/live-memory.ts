// The shared memory behind the live tables: what is in it, and where its columns begin.
import { createCallListMemory } from "./call-list.ts";
import { DESTINATION_COUNTER_COUNT } from "./destination-counters.ts";
import { createRecountMemory, MAX_DESTINATIONS } from "./recount.ts";
import { createResourceMemory } from "./resource-loads.ts";
import { createShedMemory } from "./shed-loads.ts";

/** Rows reserved for sets. */
export const MAX_SETS = 4_096;
/** Most workers a process may have. */
export const MAX_WORKERS = 16;
/** Words that admission shares (proxy/admission.ts), a cache line each: the budgets of calls, other requests and answers. */
export const AdmissionWord = { calls: 0, requests: 16, answers: 32 } as const;
/** Words of `AdmissionWord`, the rest of the last cache line included. */
export const ADMISSION_WORDS = 48;
/** Columns of the table of destinations that are one for all workers; behind them stands a column of loads per worker. */
export const SHARED_COLUMNS = 10;

/** The shared buffers behind the tables; structured-clonable, handed to every worker at start. */
export interface LiveTablesMemory {
  readonly workers: number;
  readonly words: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  /** See resource-loads.ts. */
  readonly resources: SharedArrayBuffer;
  /** See bridge/recount.ts. */
  readonly recounts: SharedArrayBuffer;
  /** See call-list.ts. */
  readonly callLists: SharedArrayBuffer;
  /** See shed-loads.ts. */
  readonly shed: SharedArrayBuffer;
}

/** Reserves the shared memory (untouched pages cost nothing). */
export function createLiveTablesMemory(workers: number): LiveTablesMemory {
  const words = MAX_DESTINATIONS * (SHARED_COLUMNS + workers) + MAX_SETS + ADMISSION_WORDS;
  return {
    workers,
    words: new SharedArrayBuffer(words * 4),
    counters: new SharedArrayBuffer(MAX_DESTINATIONS * DESTINATION_COUNTER_COUNT * workers * 8),
    resources: createResourceMemory(workers),
    recounts: createRecountMemory(workers),
    callLists: createCallListMemory(workers),
    shed: createShedMemory(),
  };
}
