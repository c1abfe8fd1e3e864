// A worker in reserve: loaded, warmed up, and without a place. Loading and warming take most of a second; a replacement that
// has them behind it receives within milliseconds.
import { Worker } from "node:worker_threads";
import type { ToMain } from "../bridge/worker-start.ts";
import type { Libc } from "../net/libc.ts";
import { comeForward, priorityToReturnTo, standingBack } from "../net/priority.ts";

/** Milliseconds until a spare is made that stands back: it takes hardly anything from those who work. */
const SOON = 500;
/**
 * Milliseconds until one is made that does not, and until the first one in any case: starting up and replacing come first, and then the
 * calls that have waited for them.
 */
const LATER = 10_000;
/** Milliseconds that one that is due waits, at most, for main to have done what somebody waits for, and the first one for a processor. */
const PATIENCE = 10_000;

/** The one spare of a process. */
export class Spare {
  readonly #url: URL;
  readonly #onLost: (why: string) => void;
  readonly #libc: Libc | null;
  readonly #isBusy: () => boolean;
  readonly #isFull: () => boolean;
  /** The nice value of those who work, for a spare that stands back; null: spares have that from the beginning. */
  readonly priority: number | null;
  #thread: Worker | null = null;
  #isWarm = false;
  /** The number under which the system knows the thread; 0: unknown. */
  #number = 0;
  #isFirst = true;
  #wasWanted = false;
  #timer: NodeJS.Timeout | null = null;

  /**
   * `onLost` hears why a spare died before it was needed. `libc` is null where there is none. `isBusy`: a configuration is about to come
   * into force, and waits whenever main stands back. `isFull`: since it was last asked hardly any processor was left;
   * then one waits as long as none was ever wanted.
   */
  constructor(
    url: URL,
    libc: Libc | null,
    onLost: (why: string) => void,
    isBusy: () => boolean = () => false,
    isFull: () => boolean = () => false,
  ) {
    this.#url = url;
    this.#onLost = onLost;
    this.#libc = libc;
    this.#isBusy = isBusy;
    this.#isFull = isFull;
    this.priority = libc === null ? null : priorityToReturnTo(libc);
  }

  /** Whether one is warm and waiting. */
  get isReady(): boolean {
    return this.#thread !== null && this.#isWarm;
  }

  /** Makes one soon, if there is none; the first one later. */
  provide(): void {
    if (this.#thread !== null || this.#timer !== null) return;
    this.#makeIn(this.#isFirst || this.priority === null ? LATER : SOON, PATIENCE);
    this.#isFirst = false;
  }

  /**
   * Gives the spare away, if it is warm; it carries no listeners of ours any more, and stands back no longer. It could say so itself, but
   * would first have to wake, and to read what it is to be, with the least share of the processor.
   */
  take(): Worker | null {
    const thread = this.#thread;
    this.#wasWanted = true;
    if (thread === null || !this.#isWarm) return null;
    thread.removeAllListeners();
    this.#thread = null;
    this.#isWarm = false;
    if (this.#libc !== null && this.priority !== null && this.#number > 0)
      comeForward(this.#libc, this.priority, this.#number);
    return thread;
  }

  /** Ends it. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const thread = this.#thread;
    this.#thread = null;
    thread?.removeAllListeners();
    await thread?.terminate();
  }

  #makeIn(wait: number, patience: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (patience > 0 && (this.#mayWaitForRoom() || this.#isBusy())) this.#makeIn(SOON, patience - SOON);
      else this.#make();
    }, wait);
  }

  /** Whether no processor is left for one that nobody has missed yet. Asked each time, for it is since the last time that it is known. */
  #mayWaitForRoom(): boolean {
    return !this.#wasWanted && this.#isFull();
  }

  #make(): void {
    const make = () => new Worker(this.#url, { workerData: null, name: "fairlead-spare" });
    const standsBack = this.#libc !== null && this.priority !== null;
    const thread = standsBack ? standingBack(this.#libc, this.priority, make) : make();
    this.#thread = thread;
    const lose = () => {
      if (this.#thread === thread) this.#thread = null;
      this.#isWarm = false;
    };
    thread.on("message", (message: ToMain) => {
      if (message.kind !== "spare") return;
      this.#number = message.thread;
      this.#isWarm = true;
    });
    // A spare that dies is missed when it is needed, and not before: whoever replaces a worker without one starts afresh.
    thread.on("error", (error) => {
      lose();
      this.#onLost(error instanceof Error ? error.message : String(error));
    });
    thread.on("exit", lose);
  }
}
