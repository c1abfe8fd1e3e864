// The workers: started, watched, replaced, told of new snapshots, stopped. Sockets and shared memory outlive a worker, so a
// replacement goes on where the dead one stopped.
import { Worker } from "node:worker_threads";
import type { LiveTables } from "../bridge/live-tables.ts";
import type { Snapshot } from "../bridge/snapshot.ts";
import {
  ControlWord,
  type InheritedSocket,
  type TableLimits,
  type ToMain,
  type ToWorker,
  type WorkerStart,
} from "../bridge/worker-start.ts";
import { ControlBlocks } from "./control-words.ts";
import type { Log } from "./log.ts";
import type { SharedMemory } from "./shared-memory.ts";
import type { Spare } from "./spare.ts";
import { type Member, newMember } from "./worker-member.ts";

/** What workers are made of. */
export interface WorkersOptions {
  /** The worker's entry file; main.ts knows it. */
  readonly url: URL;
  /** Where a dead worker's replacement is looked for first. */
  readonly spare: Spare;
  readonly memory: SharedMemory;
  readonly live: LiveTables;
  readonly io: "batched" | "portable";
  /** By worker; empty lists for the portable plane. */
  readonly sockets: readonly (readonly InheritedSocket[])[];
  /** By worker; empty for the portable plane. */
  readonly bells: readonly number[];
  /** Whether batched workers wait for more where much comes (net/coalescing.ts). */
  readonly coalesces: boolean;
  /** Rings an eventfd. */
  readonly ring: (bell: number) => void;
  readonly limits: TableLimits;
  /** Bytes asked of SO_RCVBUF. */
  readonly receiveBuffer: number;
  readonly log: Log;
  /** A worker has put something into main's ring. */
  readonly onBell: () => void;
}

/** One worker, for pages and metrics. */
export interface WorkerStatus {
  readonly index: number;
  readonly isReady: boolean;
  readonly restarts: number;
  /** Snapshot generation it works with. */
  readonly generation: number;
  readonly transactions: number;
  readonly dialogs: number;
  /** Bytes granted for the receive buffer; 0 while unknown. */
  readonly receiveBuffer: number;
  /** Why it was replaced last; empty: never. */
  readonly lastFailure: string;
}

/** Made-up calls that a replacement without a warm spare runs before it receives: a thirteenth of the usual. */
const REPLACEMENT_CALLS = 300;
/**
 * How often heartbeats are looked at, and how long without progress is too long (milliseconds). Workers share the ports, so
 * answers for the others' calls wait in a hung worker's socket too: it must be over before `answer_within`.
 */
const LOOK = 100;
const TOO_STILL = 550;
/** A worker that is not ready after so long is started again. */
const TOO_SLOW = 60_000;
/** A worker that lived this long is not in a crash loop. */
const LONG_LIFE = 10_000;
const FIRST_BACK_OFF = 100;
/** With what a cold start takes (0.3 s), still less than the 2 s of `answer_within`, for the same reason. */
const LONGEST_BACK_OFF = 1_000;
const STOP_PATIENCE = 2_000;

/** All workers of the process. */
export class Workers {
  readonly control: ControlBlocks;
  readonly #options: WorkersOptions;
  readonly #members: Member[];
  #snapshot: Snapshot;
  #watch: NodeJS.Timeout | null = null;
  #lookedAt = 0;
  #isStopping = false;

  constructor(options: WorkersOptions, snapshot: Snapshot) {
    this.#options = options;
    this.#snapshot = snapshot;
    this.control = new ControlBlocks(options.memory.control);
    this.#members = Array.from({ length: options.memory.workers }, (_, index) => newMember(index));
  }

  /** Starts all; resolves when all receive, with "" or with what the first one that failed said. */
  async start(patience = 60_000): Promise<string> {
    for (const member of this.#members) this.#spawn(member);
    this.#lookedAt = performance.now();
    this.#watch = setInterval(() => this.#look(), LOOK);
    const isReady = ({ index, receiveBuffer }: Member) =>
      receiveBuffer >= 0 && this.control.read(index, ControlWord.ready) === 1;
    const failure = () => this.#members.find((member) => member.lastFailure !== "")?.lastFailure ?? "";
    await until(() => failure() !== "" || this.#members.every(isReady), patience);
    if (failure() !== "") return failure();
    return this.#members.every(isReady) ? "" : `a worker was not ready within ${patience / 1000} s`;
  }

  /** Makes `snapshot` the one that every worker, present or future, takes over. */
  publish(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    const message: ToWorker = { kind: "snapshot", snapshot };
    for (const { index, thread } of this.#members) {
      thread?.postMessage(message);
      this.control.write(index, ControlWord.generation, snapshot.generation);
      this.wake(index);
    }
  }

  /** Waits until every worker works with `generation`; returns the indices of those that did not in time. */
  async adopted(generation: number, patience: number): Promise<number[]> {
    const late = () => this.#members.filter(({ index }) => this.control.read(index, ControlWord.adopted) < generation);
    await until(() => late().length === 0 || this.#isStopping, patience);
    return late().map(({ index }) => index);
  }

  /** Wakes a worker if it sleeps. */
  wake(index: number): void {
    if (this.control.read(index, ControlWord.sleeping) !== 0) this.#ring(index);
  }

  /** Whether a warm spare waits to take a dead worker's place. */
  get hasSpare(): boolean {
    return this.#options.spare.isReady;
  }

  /** One entry per worker. */
  status(): WorkerStatus[] {
    return this.#members.map(({ index, restarts, receiveBuffer, lastFailure }) => ({
      index,
      isReady: this.control.read(index, ControlWord.ready) === 1,
      restarts,
      generation: this.control.read(index, ControlWord.adopted),
      transactions: this.control.read(index, ControlWord.transactions),
      dialogs: this.control.read(index, ControlWord.dialogs),
      receiveBuffer,
      lastFailure,
    }));
  }

  /** Stops all; resolves when the last one is gone. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.#watch !== null) clearInterval(this.#watch);
    await Promise.all([this.#options.spare.stop(), ...this.#members.map((member) => this.#stop(member))]);
  }

  #ring(index: number): void {
    const bell = this.#options.bells[index];
    if (bell !== undefined) this.#options.ring(bell);
    else this.#members[index]?.thread?.postMessage({ kind: "bell" } satisfies ToWorker);
  }

  async #stop(member: Member): Promise<void> {
    if (member.restart !== null) clearTimeout(member.restart);
    const { thread, index } = member;
    if (thread === null) return;
    const gone = new Promise<void>((resolve) => thread.once("exit", () => resolve()));
    this.control.write(index, ControlWord.stop, 1);
    this.#ring(index);
    const impatience = setTimeout(() => void thread.terminate(), STOP_PATIENCE);
    await gone;
    clearTimeout(impatience);
  }

  #spawn(member: Member): void {
    const { memory, io, sockets, bells, coalesces, limits, receiveBuffer, url } = this.#options;
    const { control, live, counters, sources, rings, seed } = memory;
    const shared = { control, live, counters, sources, rings, seed };
    const { index } = member;
    Object.assign(member, { restart: null, startedAt: performance.now() });
    member.stillness.reset();
    this.control.clear(index);
    this.control.write(index, ControlWord.generation, this.#snapshot.generation);
    const workerData: WorkerStart = {
      index,
      priority: this.#options.spare.priority,
      workers: memory.workers,
      io,
      sockets: sockets[index] ?? [],
      bells,
      coalesces,
      ...shared,
      streams: memory.streams[index] ?? null,
      snapshot: this.#snapshot,
      limits,
      receiveBuffer,
      // Half warm at once is better than warm later, when calls are waiting.
      ...(member.restarts > 0 ? { warmCalls: REPLACEMENT_CALLS } : {}),
    };
    const spare = this.#options.spare.take();
    const thread = spare ?? new Worker(url, { workerData, name: `fairlead-${index}` });
    spare?.postMessage({ kind: "start", start: workerData } satisfies ToWorker);
    member.thread = thread;
    let what = "";
    thread.on("message", (message: ToMain) => {
      if (message.kind === "bell") this.#options.onBell();
      else if (message.kind === "wake") this.wake(message.worker);
      else if (message.kind === "spare") return;
      else if (message.kind === "listening") {
        member.receiveBuffer = message.receiveBuffer;
        if (!message.isQuick) this.#options.log.warn({ worker: index }, "reads packets without vector instructions");
      } else {
        what = member.lastFailure = message.what;
        void thread.terminate();
      }
    });
    thread.on("error", (error) => {
      what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    });
    thread.once("exit", (code) => this.#died(member, what || `left with code ${code}`));
  }

  #died(member: Member, what: string): void {
    const { index } = member;
    member.thread = null;
    this.control.clear(index);
    if (this.#isStopping) return;
    const calls = this.#options.live.forgetWorker(index);
    member.lastFailure = what;
    member.restarts++;
    member.shortLives = performance.now() - member.startedAt > LONG_LIFE ? 0 : member.shortLives + 1;
    // The first replacement is immediate; what keeps dying is started ever more rarely.
    const wait = member.shortLives < 2 ? 0 : Math.min(FIRST_BACK_OFF * 2 ** (member.shortLives - 2), LONGEST_BACK_OFF);
    this.#options.log.error({ worker: index, calls, restart_in_ms: wait, why: what }, "a worker died and is replaced");
    member.restart = setTimeout(() => this.#spawn(member), wait);
  }

  /** A message may have come while a spare changed into a worker; nothing else explains an old snapshot. */
  #remind({ index, thread }: Member): void {
    if (this.control.read(index, ControlWord.adopted) >= this.#snapshot.generation) return;
    thread?.postMessage({ kind: "snapshot", snapshot: this.#snapshot } satisfies ToWorker);
    this.control.write(index, ControlWord.generation, this.#snapshot.generation);
    this.wake(index);
  }

  #look(): void {
    const now = performance.now();
    // When we ourselves get here late, the whole process was paused or the machine is full: nobody else is to blame for that. But on a
    // full machine we are late again and again, and a worker that hangs must not hang for as long as that.
    const elapsed = now - this.#lookedAt;
    const wasPaused = elapsed > LOOK * 4;
    const most = wasPaused ? LOOK : elapsed;
    this.#lookedAt = now;
    if (this.#members.every(({ thread }) => thread !== null)) this.#options.spare.provide();
    for (const member of this.#members) {
      const heartbeat = this.control.read(member.index, ControlWord.heartbeat);
      const isReady = this.control.read(member.index, ControlWord.ready) === 1;
      const still = member.stillness.look(
        heartbeat,
        this.control.read(member.index, ControlWord.thread),
        elapsed,
        most,
      );
      const isExcused = isReady !== member.wasReady;
      if (isExcused) member.stillness.reset();
      member.wasReady = isReady;
      if (isReady) this.#remind(member);
      if (member.thread === null || isExcused || still < (isReady ? TOO_STILL : TOO_SLOW)) continue;
      member.stillness.reset();
      this.#options.log.error({ worker: member.index }, "a worker makes no progress and is terminated");
      void member.thread.terminate();
    }
  }
}

/** Looks every 2 ms whether `condition` holds, for at most `patience` milliseconds. */
export async function until(condition: () => boolean, patience: number): Promise<void> {
  const end = performance.now() + patience;
  while (!condition() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 2));
}
