// A snapshot of nothing, for tests of what carries snapshots.
import type { Snapshot } from "../../bridge/snapshot.ts";
import { NO_RESOURCES } from "../../dispatch/resources.ts";

/** Without listeners, sets and routes. */
export function emptySnapshot(generation: number): Snapshot {
  const memory = new SharedArrayBuffer(64);
  return {
    generation,
    listeners: [],
    sets: [],
    algorithms: [],
    routes: [],
    expressions: [],
    destinations: new Int32Array(memory, 0, 0),
    destinationRows: 0,
    resources: { ...NO_RESOURCES, names: [] },
    rewritings: [],
    endpoints: new Int32Array(memory, 0, 1),
    departed: { rows: new Int32Array(0), endpoints: new Int32Array(1) },
    timers: { t1: 500, t2: 4000, c: 181_000, linger: 32_000, dialog: 43_200_000 },
    overload: {
      newCalls: 0,
      newRequests: 0,
      burst: 250,
      answers: 1_000_000,
      queues: true,
      streamDelay: 500,
      retryAfter: 10_000,
      emergency: [],
    },
    limits: { headerBytes: 32_768, requestBytes: 65_507, headerLines: 512, vias: 70, uriBytes: 4096 },
    largeBytes: 1300,
    keepAlive: { interval: 0, kind: "crlf", flows: 1 },
    keys: [],
    stateful: true,
    closing: false,
    accessLog: false,
    serverHeader: "",
    trusted: new Int32Array(0),
    scanners: [],
    rates: null,
    protectedHeaders: ["P-Asserted-Identity"],
    memory,
  };
}
