// A loop that no thread stands behind: one worker, tables of its own, nobody to talk to. What the warm-up, `fairlead explain`,
// the benches and the tests of the proxy send their messages through, over whatever plane they have.
import { createCountersMemory } from "../bridge/counters.ts";
import { createRingMemory, Ring } from "../bridge/handoff.ts";
import { createLiveTablesMemory } from "../bridge/live-memory.ts";
import type { Snapshot } from "../bridge/snapshot.ts";
import { createSourceMemory } from "../bridge/source-memory.ts";
import { CONTROL_WORDS, ControlWord, type TableLimits } from "../bridge/worker-start.ts";
import type { Plane } from "../net/plane.ts";
import { Adopted } from "./adopted.ts";
import { Context } from "./context.ts";
import { Loop } from "./loop.ts";
import type { StreamRings } from "./stream-rings.ts";
import { ThreadSurroundings } from "./surroundings.ts";

/** What a lone loop is made with. */
export interface LoneLoopOptions {
  readonly snapshot: Snapshot;
  readonly limits: TableLimits;
  /** Milliseconds by a clock that never goes back. */
  readonly now: () => number;
  /** Rings that it reads; none by default. */
  readonly incoming?: readonly Ring[];
  /** Those to and from a stream worker; the latter is one of `incoming`. */
  readonly streams?: StreamRings | null;
  /** What a stream worker would share with it (bridge/stream-start.ts); nothing by default. */
  readonly streamWords?: SharedArrayBuffer;
}

/** Rows of the table of sources. */
const FEW_SOURCES = 64;
const nothing = (): void => {};

/** Makes it. The seed of its tables is always the same. */
export function loneLoop(
  plane: Plane,
  { snapshot, limits, now, incoming = [], streams = null, streamWords }: LoneLoopOptions,
): { readonly context: Context; readonly loop: Loop } {
  const control = new SharedArrayBuffer(2 * CONTROL_WORDS * 4);
  const words = new Int32Array(control);
  const ring = createRingMemory(1 << 16);
  words[ControlWord.generation] = snapshot.generation;
  const context = new Context(
    {
      index: 0,
      priority: null,
      workers: 1,
      io: "batched",
      sockets: [],
      bells: [],
      coalesces: false,
      control,
      live: createLiveTablesMemory(1),
      counters: createCountersMemory(1),
      sources: createSourceMemory(FEW_SOURCES),
      rings: [],
      streams: streamWords === undefined ? null : { toStreams: ring, fromStreams: ring, words: streamWords },
      snapshot,
      limits,
      receiveBuffer: 0,
      seed: [1, 2],
    },
    plane.outbox,
    new Ring(ring),
    new Adopted(snapshot),
    Math.floor(now()) | 0,
  );
  const loop = new Loop(
    context,
    plane,
    new ThreadSurroundings(incoming, streams, [null], words, now, nothing, nothing),
  );
  return { context, loop };
}
