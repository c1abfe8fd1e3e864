// The stream worker: started, watched, replaced, stopped. Its connections die with it; rings and words outlive it.
import { Worker } from "node:worker_threads";
import {
  descriptorsOf,
  descriptorWords,
  type FromStreams,
  STREAM_COUNTERS,
  type StreamCounter,
  type StreamPolicy,
  type StreamStart,
  StreamWord,
  streamCounter,
  type ToStreams,
} from "../bridge/stream-start.ts";
import type { TlsState } from "../bridge/tls-state.ts";
import { compiledBeside } from "../compiler.ts";
import type { Libc } from "../net/libc.ts";
import { closeLeft } from "../net/sockets.ts";
import type { Log } from "./log.ts";
import { Stillness } from "./stillness.ts";
import { until } from "./workers.ts";

/** What the stream worker is made of. */
export interface StreamsOptions {
  /** The stream worker's entry file. */
  readonly url: URL;
  readonly start: Omit<StreamStart, "isRestart" | "tls" | "descriptors">;
  /** What the descriptors are closed by that a stream worker leaves behind; null: it leaves none. */
  readonly libc: Libc | null;
  readonly tls: TlsState;
  readonly log: Log;
  /** Wakes a worker that sleeps. */
  readonly wake: (worker: number) => void;
}

/** How often its heartbeat is looked at, and for how long there may be none until it is replaced (milliseconds). */
const LOOK = 500;
const TOO_STILL = 3_000;
/** The same while it loads: a full machine is no reason to begin again. */
const TOO_SLOW = 60_000;
/** From the second death in a row on, its replacement waits. */
const BACK_OFF = 1_000;
const LONG_LIFE = 10_000;
const STOP_PATIENCE = 500;
/**
 * Whatever a socket reads lies in a buffer of its own, outside the heap and dead at once. With a small young generation they are
 * swept away before V8 takes their sum for a reason to mark everything, which holds all connections up for 5 ms.
 */
const LIMITS = { maxYoungGenerationSizeMb: 6 } as const;
/** A stream worker that does not answer for so long is being replaced, and its successor starts with the new state. */
const TLS_PATIENCE = 3_000;

/** The stream worker of a process. */
export class Streams {
  readonly #options: StreamsOptions;
  readonly #words: Int32Array;
  readonly #descriptors: Int32Array<SharedArrayBuffer>;
  #thread: Worker | null = null;
  #restart: NodeJS.Timeout | null = null;
  #watch: NodeJS.Timeout | null = null;
  #restarts = 0;
  #startedAt = 0;
  readonly #stillness = new Stillness();
  #isListening = false;
  /** Whether the present thread has said that it listens. */
  #isReady = false;
  #isStopping = false;
  #problem = "";
  /** In force, and for every stream worker to come. */
  #tls: TlsState;
  #tlsNumber = 0;
  #onSecured: (problem: string) => void = () => undefined;
  #policy: StreamPolicy;

  constructor(options: StreamsOptions) {
    this.#options = options;
    this.#policy = options.start.policy;
    this.#words = new Int32Array(options.start.words);
    const { limits, listeners } = options.start;
    this.#descriptors = new Int32Array(
      new SharedArrayBuffer(descriptorWords(limits.connections, listeners.length) * 4),
    );
    this.#tls = options.tls;
  }

  /** Starts it; resolves when it listens, with "" or with what went wrong. */
  async start(patience = 30_000): Promise<string> {
    this.#spawn();
    await until(() => this.#isListening || this.#problem !== "", patience);
    this.#watch = setInterval(() => this.#look(), LOOK);
    if (this.#problem !== "") return this.#problem;
    return this.#isListening ? "" : `the stream worker was not ready within ${patience / 1000} s`;
  }

  /** What the configuration says now about who may connect; successors get it, too. */
  adopt(policy: StreamPolicy): void {
    this.#policy = policy;
    this.#tell({ kind: "policy", policy });
  }

  /**
   * Whether it listens, open connections, those of them that are unheard, those before the end of their handshake (not among them), counters
   * since the process began, how often it was replaced, and how late it is (ms).
   */
  view(): {
    ready: boolean;
    connections: number;
    unheard: number;
    unsecured: number;
    counters: Record<StreamCounter, number>;
    restarts: number;
    delay: number;
  } {
    const count = (name: StreamCounter) => [name, this.#words[streamCounter(name)] ?? 0] as const;
    return {
      ready: this.#thread !== null && this.#isReady,
      connections: (this.#words[StreamWord.connections] ?? 0) + (this.#words[StreamWord.unheard] ?? 0),
      unheard: this.#words[StreamWord.unheard] ?? 0,
      unsecured: this.#words[StreamWord.unsecured] ?? 0,
      counters: Object.fromEntries(STREAM_COUNTERS.map(count)) as Record<StreamCounter, number>,
      restarts: this.#restarts,
      delay: this.#words[StreamWord.delay] ?? 0,
    };
  }

  /**
   * Puts a TLS state into force for all handshakes to come; no connection is closed. Resolves with "", or with what went wrong: then
   * the one before stays.
   */
  async secure(tls: TlsState): Promise<string> {
    const thread = this.#thread;
    const before = this.#tls;
    this.#tls = tls;
    // One that is being replaced starts with it.
    if (thread === null || !this.#isListening) return "";
    const number = ++this.#tlsNumber;
    const problem = await new Promise<string>((resolve) => {
      const impatience = setTimeout(() => resolve(""), TLS_PATIENCE);
      this.#onSecured = (what) => {
        clearTimeout(impatience);
        resolve(what);
      };
      thread.postMessage({ kind: "tls", tls, number } satisfies ToStreams);
    });
    if (problem !== "") this.#tls = before;
    return problem;
  }

  /** Tests of what happens then: it ends, or is slow for some seconds. */
  injectFault(fault: "end" | "slow"): void {
    if (fault === "end") void this.#thread?.terminate();
    else this.#tell({ kind: "slow" });
  }

  /** Lets leave what workers sent last, and ends it. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.#watch !== null) clearInterval(this.#watch);
    if (this.#restart !== null) clearTimeout(this.#restart);
    const thread = this.#thread;
    if (thread !== null) {
      const gone = new Promise<void>((resolve) => thread.once("exit", () => resolve()));
      this.#tell({ kind: "stop" });
      const impatience = setTimeout(() => void thread.terminate(), STOP_PATIENCE);
      await gone;
      clearTimeout(impatience);
    }
    this.#close(this.#descriptors);
  }

  #close(left: Int32Array): void {
    if (this.#options.libc !== null) closeLeft(this.#options.libc, left);
  }

  #tell(message: ToStreams): void {
    this.#thread?.postMessage(message);
  }

  #spawn(): void {
    this.#restart = null;
    this.#startedAt = performance.now();
    this.#stillness.reset();
    this.#isReady = false;
    const now = { policy: this.#policy, tls: this.#tls, isRestart: this.#restarts > 0 };
    const workerData: StreamStart = { ...this.#options.start, descriptors: this.#descriptors.buffer, ...now };
    const options = { workerData, resourceLimits: LIMITS, name: "fairlead-streams" };
    const thread = compiledBeside(() => new Worker(this.#options.url, options));
    this.#thread = thread;
    let why = "";
    thread.on("message", (message: FromStreams) => {
      if (message.kind === "wake") this.#options.wake(message.worker);
      else if (message.kind === "listening") this.#isListening = this.#isReady = true;
      else if (message.kind === "note") this.#options.log.warn(message.fields, message.what);
      else if (message.kind === "secured") {
        if (message.number === this.#tlsNumber) this.#onSecured(message.problem);
      } else {
        why = this.#problem = message.what;
        void thread.terminate();
      }
    });
    thread.on("error", (error) => {
      why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    });
    thread.once("exit", (code) => this.#died(why || `left with code ${code}`));
  }

  #died(why: string): void {
    this.#thread = null;
    // Whoever was held is to hear of it now, not when a successor is there.
    const { listeners } = this.#options.start;
    this.#close(descriptorsOf({ descriptors: this.#descriptors.buffer, listeners }).held);
    if (this.#isStopping) return;
    if (!this.#isListening) {
      this.#problem ||= why;
      if (this.#restarts === 0) return;
    }
    this.#restarts++;
    const wait = performance.now() - this.#startedAt > LONG_LIFE ? 0 : BACK_OFF;
    this.#options.log.error({ restart_in_ms: wait, why }, "the stream worker died, its connections are lost");
    // Whoever asks while it is not there waits in the rings.
    Atomics.store(this.#words, StreamWord.sleeping, 0);
    this.#restart = setTimeout(() => this.#spawn(), wait);
  }

  #look(): void {
    const heartbeat = Atomics.load(this.#words, StreamWord.heartbeat);
    const still = this.#stillness.look(heartbeat, this.#words[StreamWord.thread] ?? 0, LOOK);
    if (this.#thread === null || still < (this.#isReady ? TOO_STILL : TOO_SLOW)) return;
    this.#stillness.reset();
    this.#options.log.error({}, "the stream worker makes no progress and is terminated");
    void this.#thread.terminate();
  }
}
