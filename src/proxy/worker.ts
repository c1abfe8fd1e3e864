// A worker thread: its tables, its sockets, its loop. Started by the control plane with `workerData`.
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { Ring } from "../bridge/handoff.ts";
import type { Snapshot } from "../bridge/snapshot.ts";
import { CONTROL_WORDS, ControlWord, type ToMain, type ToWorker, type WorkerStart } from "../bridge/worker-start.ts";
import { BatchedPlane } from "../net/batched.ts";
import { Ringer } from "../net/bell.ts";
import { adviseHugePages } from "../net/huge-pages.ts";
import { loadLibc } from "../net/libc.ts";
import type { Plane, SpareTime } from "../net/plane.ts";
import { openPortable } from "../net/portable.ts";
import { comeForward, standsBack } from "../net/priority.ts";
import { threadNumber } from "../net/thread-number.ts";
import { HANG_WORDS, HangWatch } from "../own/hang-watch.ts";
import { placeOf, STORED } from "../sip/packet-memory.ts";
import { Adopted } from "./adopted.ts";
import { Context } from "./context.ts";
import { Loop } from "./loop.ts";
import { plainMemory, type Reserve } from "./reserve.ts";
import { linkStreams } from "./stream-link.ts";
import { StreamRings } from "./stream-rings.ts";
import { ThreadSurroundings } from "./surroundings.ts";
import { ALL_CALLS, CALLS, WarmUp } from "./warm.ts";

/** Milliseconds that a spare that cannot stand back rests after every few calls of its warm-up, so that it takes little from those who work. */
const SPARE_PAUSE = 20;
/** Made-up calls of a warm-up that is to be short (`FAIRLEAD_WARM_UP=short`): for whoever starts often and has few calls, as tests do. */
const SHORT = process.env.FAIRLEAD_WARM_UP === "short" ? 300 : undefined;
/** Those of a spare: each of the made-up worlds once. It compiles at its own low priority, behind those who work. */
const SPARE_CALLS = 1600;
/** Those of one that cannot stand back. */
const GENTLE_CALLS = 600;
const port = parentPort;
let warmUp: WarmUp | null = null;
const start = (workerData ?? (await assignment())) as WorkerStart;
const control = new Int32Array(start.control);
const own = start.index * CONTROL_WORDS;
/** The newest snapshot that an event brought (portable plane; the batched one has no events and asks). */
let posted: Snapshot | null = null;

/** A spare has everything loaded and warm, and waits to be told whose place it takes. */
function assignment(): Promise<WorkerStart> {
  const loaded = loadLibc();
  warmUp = new WarmUp(null);
  if (loaded.ok && standsBack(loaded.libc)) warmUp.until(SHORT ?? SPARE_CALLS);
  else warmUp.gently(SHORT ?? GENTLE_CALLS, SPARE_PAUSE);
  tell({ kind: "spare", thread: threadNumber() });
  return new Promise((resolve) => {
    port?.once("message", (message: ToWorker) => {
      if (message.kind === "start") resolve(message.start);
    });
  });
}

function tell(message: ToMain): void {
  port?.postMessage(message);
}

function tellListening({ inbox }: Plane, receiveBuffer: number): void {
  tell({ kind: "listening", worker: start.index, receiveBuffer, isQuick: placeOf(inbox.bytes) >= 0 });
}

function ringOf(from: number, to: number): Ring {
  const memory = start.rings[from]?.[to];
  if (memory === null || memory === undefined) throw new Error(`no ring from thread ${from} to ${to}`);
  return new Ring(memory);
}

function newestPosted(): Snapshot | null {
  let newest = posted;
  posted = null;
  if (start.io === "portable" || port === null) return newest;
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
    const message = next.message as ToWorker;
    if (message.kind === "snapshot") newest = message.snapshot;
  }
  return newest;
}

/** The rest of the warm-up. A worker that calls wait for has no spare time, and the calls warm it up. */
function spareTime(): SpareTime | undefined {
  const rest = warmUp;
  warmUp = null;
  return rest === null || SHORT !== undefined ? undefined : rest.goOn(ALL_CALLS);
}

function run(plane: Plane, wakeWorker: (worker: number) => void, reserve: Reserve = plainMemory): void {
  const others = Array.from({ length: start.workers }, (_, i) => i).filter((i) => i !== start.index);
  const now = Math.floor(performance.now()) | 0;
  const asked = own + ControlWord.choosing;
  const watch = new HangWatch(control.subarray(asked, asked + HANG_WORDS));
  const context = new Context(
    start,
    plane.outbox,
    ringOf(start.index, start.workers),
    new Adopted(start.snapshot, watch),
    now,
    reserve,
  );
  // What clocks of threads have in common is the system's, which knows nothing of leaps either.
  context.skew = Number(process.hrtime.bigint() / 1_000_000n) - now;
  const wake = (thread: number): void => {
    if (thread === start.workers) tell({ kind: "bell" });
    else if (Atomics.load(control, thread * CONTROL_WORDS + ControlWord.sleeping) !== 0) wakeWorker(thread);
  };
  const adopt = (): void => {
    const snapshot = newestPosted();
    if (snapshot === null) return;
    context.adopt(new Adopted(snapshot, watch));
    Atomics.store(control, own + ControlWord.adopted, snapshot.generation);
  };
  const incoming = [...others, start.workers].map((from) => ringOf(from, start.index));
  let streams: StreamRings | null = null;
  if (start.streams !== null) {
    streams = new StreamRings(new Ring(start.streams.fromStreams), linkStreams(plane.outbox, start.streams));
    incoming.push(streams.from);
  }
  const outgoing = Array.from({ length: start.workers }, (_, to) =>
    to === start.index ? null : ringOf(start.index, to),
  );
  const clock = (): number => performance.now();
  const loop = new Loop(
    context,
    plane,
    new ThreadSurroundings(incoming, streams, outgoing, control, clock, wake, adopt),
  );
  Atomics.store(control, own + ControlWord.adopted, start.snapshot.generation);
  Atomics.store(control, own + ControlWord.ready, 1);
  plane.run(loop, spareTime());
}

function runBatched(): void {
  const loaded = loadLibc();
  if (!loaded.ok) {
    tell({ kind: "failed", worker: start.index, what: loaded.reason });
    return;
  }
  // A spare that takes somebody's place stands back no longer. Main has seen to that, where it knew the number of the thread.
  if (workerData === null && start.priority !== null) comeForward(loaded.libc, start.priority);
  const ringer = new Ringer(loaded.libc);
  const plane = new BatchedPlane(loaded.libc, start.sockets, start.bells[start.index]!, start.coalesces);
  tellListening(plane, start.receiveBuffer);
  adviseHugePages(loaded.libc, STORED.buffer as ArrayBuffer, STORED.byteOffset);
  run(
    plane,
    (worker) => ringer.ring(start.bells[worker]!),
    (bytes) => {
      const buffer = new ArrayBuffer(bytes);
      adviseHugePages(loaded.libc, buffer);
      return buffer;
    },
  );
  // The loop has ended because main asked for it; the port would keep the thread alive.
  port?.close();
}

async function runPortable(): Promise<void> {
  const opened = await openPortable(start.snapshot.listeners, {
    shared: start.workers > 1,
    receiveBuffer: start.receiveBuffer,
  });
  if (!opened.ok) {
    tell({ kind: "failed", worker: start.index, what: opened.problem });
    return;
  }
  const { plane } = opened;
  tellListening(plane, plane.receiveBuffer);
  port?.on("message", (message: ToWorker) => {
    if (message.kind === "snapshot") posted = message.snapshot;
    plane.wake();
    if (Atomics.load(control, own + ControlWord.stop) !== 0) port.close();
  });
  run(plane, (worker) => tell({ kind: "wake", worker }));
}

control[own + ControlWord.thread] = threadNumber();
if (workerData !== null) {
  warmUp = new WarmUp(start.snapshot);
  warmUp.until(start.warmCalls ?? SHORT ?? CALLS);
}
if (start.io === "batched") runBatched();
else void runPortable();
