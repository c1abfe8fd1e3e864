// A worker thread that sends every datagram back, over either plane: what the tests of src/net talk to.
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { BatchedPlane } from "../../src/net/batched.ts";
import { Ringer } from "../../src/net/bell.ts";
import { ENDPOINT_WORDS } from "../../src/net/endpoint.ts";
import { type Libc, loadLibc } from "../../src/net/libc.ts";
import type { ListenAddress } from "../../src/net/listen.ts";
import type { Plane, PlaneHandler } from "../../src/net/plane.ts";
import { openPortable, type PortablePlane } from "../../src/net/portable.ts";
import type { PlaneSocket } from "../../src/net/sockets.ts";

/** Words that the worker and the test share. */
export const EchoWord = { stop: 0, sleeping: 1, ticks: 2, received: 3, oversized: 4, unsent: 5 } as const;

/** What the worker is started with: inherited sockets and a bell, or (portable) the addresses to open. */
export interface EchoStart {
  readonly io: "batched" | "portable";
  readonly sockets: readonly PlaneSocket[];
  readonly bell: number;
  readonly listeners: readonly ListenAddress[];
  readonly shared: boolean;
}

/** A running echo worker. */
export class EchoWorker {
  readonly words: Int32Array = new Int32Array(new SharedArrayBuffer(64));
  /** By listener; filled by `ready`. */
  ports: readonly number[] = [];
  readonly #worker: Worker;
  readonly #start: EchoStart;
  readonly #ringer: Ringer | null;

  constructor(start: EchoStart) {
    const loaded = loadLibc();
    this.#start = start;
    this.#ringer = loaded.ok ? new Ringer(loaded.libc) : null;
    this.#worker = new Worker(new URL(import.meta.url), { workerData: { start, words: this.words } });
  }

  /** Resolves when the worker receives; rejects with its problem. */
  async ready(): Promise<void> {
    this.ports = await new Promise<readonly number[]>((resolve, reject) => {
      this.#worker.once("message", resolve);
      this.#worker.once("error", reject);
    });
  }

  ring(): void {
    if (this.#start.io === "batched") this.#ringer?.ring(this.#start.bell);
    else this.#worker.postMessage("bell");
  }

  /** Kills the thread in the middle of whatever it does; returns the milliseconds that took. */
  async terminate(): Promise<number> {
    const from = performance.now();
    await this.#worker.terminate();
    return performance.now() - from;
  }

  /** Asks the worker to stop, without waking it; returns the milliseconds until its thread is gone. */
  async stop(): Promise<number> {
    const from = performance.now();
    const gone = new Promise((resolve) => this.#worker.once("exit", resolve));
    Atomics.store(this.words, EchoWord.stop, 1);
    await gone;
    return performance.now() - from;
  }
}

class Echo implements PlaneHandler {
  readonly #plane: Plane;
  readonly #words: Int32Array;

  constructor(plane: Plane, words: Int32Array) {
    this.#plane = plane;
    this.#words = words;
  }

  receive(count: number): void {
    const { inbox, outbox } = this.#plane;
    for (let i = 0; i < count; i++) {
      const start = inbox.start[i]!;
      const end = inbox.end[i]!;
      inbox.bytes.copy(outbox.bytes, outbox.claim(), start, end);
      outbox.commit(end - start, inbox.listener[i]!, inbox.peer, i * ENDPOINT_WORDS);
      outbox.from(inbox.local, i * 4);
    }
    Atomics.add(this.#words, EchoWord.received, count);
  }

  tick(): number {
    const words = this.#words;
    Atomics.store(words, EchoWord.oversized, this.#plane.counts.oversized);
    Atomics.store(words, EchoWord.unsent, this.#plane.counts.unsent);
    Atomics.add(words, EchoWord.ticks, 1);
    Atomics.notify(words, EchoWord.ticks);
    if (Atomics.load(words, EchoWord.stop) !== 0) {
      this.#plane.stop();
      parentPort?.close();
    }
    return 10_000;
  }

  arm(): boolean {
    Atomics.store(this.#words, EchoWord.sleeping, 1);
    return true;
  }

  disarm(): void {
    Atomics.store(this.#words, EchoWord.sleeping, 0);
  }

  unreachable(): void {}
}

async function openPlane(start: EchoStart): Promise<{ plane: Plane; ports: readonly number[] }> {
  if (start.io === "batched") {
    const plane = new BatchedPlane(libcOrThrow(), start.sockets, start.bell);
    return { plane, ports: start.listeners.map(({ port }) => port) };
  }
  const opened = await openPortable(start.listeners, { shared: start.shared, receiveBuffer: 1 << 22 });
  if (!opened.ok) throw new Error(opened.problem);
  const plane: PortablePlane = opened.plane;
  parentPort?.on("message", () => plane.wake());
  return { plane, ports: plane.ports };
}

/** The C functions; for tests that were skipped where there are none. */
export function libcOrThrow(): Libc {
  const loaded = loadLibc();
  if (!loaded.ok) throw new Error(loaded.reason);
  return loaded.libc;
}

if (!isMainThread && typeof workerData === "object" && workerData !== null && "start" in workerData) {
  const { start, words } = workerData as { start: EchoStart; words: Int32Array };
  const { plane, ports } = await openPlane(start);
  const echo = new Echo(plane, words);
  parentPort?.postMessage(ports);
  plane.run(echo);
}
