// How long a thread has made no progress though it could have. One that the system lets wait for a processor looks as one that
// hangs; but whoever ended it would lose its calls, and its successor would wait just so.
import { readFileSync } from "node:fs";

/** What the system says about a thread. */
export interface ThreadState {
  /** It wants a processor, and has one or waits for one. */
  readonly isRunnable: boolean;
  /** Milliseconds that it has had one so far. */
  readonly ran: number;
}

/** By the files of Linux; null: the system does not say, or there is no such thread in the process. */
export function threadState(thread: number): ThreadState | null {
  if (thread === 0) return null;
  try {
    const folder = `/proc/self/task/${thread}`;
    return stateFrom(readFileSync(`${folder}/stat`, "latin1"), readFileSync(`${folder}/schedstat`, "latin1"));
  } catch {
    return null;
  }
}

/**
 * By the texts of `stat` and `schedstat`; null: they do not say. A kernel built without statistics of its scheduler, or with them
 * switched off, says `0 0 0` of everybody: taken at its word, a thread that runs in circles would never be found.
 */
export function stateFrom(stat: string, schedstat: string): ThreadState | null {
  const ran = Number.parseInt(schedstat, 10);
  return ran > 0 ? { isRunnable: stat.charAt(stat.lastIndexOf(")") + 2) === "R", ran: ran / 1e6 } : null;
}

/** One thread's heartbeat, looked at again and again. */
export class Stillness {
  readonly #stateOf: (thread: number) => ThreadState | null;
  #heartbeat = 0;
  #still = 0;
  /** How long it had run at the last look that saw no progress; null: there was none, or the system does not say. */
  #ran: number | null = null;

  constructor(stateOf = threadState) {
    this.#stateOf = stateOf;
  }

  /**
   * A look, `elapsed` milliseconds after the last one: for how many milliseconds there was no progress, those without in which it
   * waited for a processor. What it did before the first look without progress is not known: that one counts whole, as do those at which
   * it slept, but not for more than `most`.
   */
  look(heartbeat: number, thread: number, elapsed: number, most: number = elapsed): number {
    if (heartbeat !== this.#heartbeat) {
      this.reset();
      this.#heartbeat = heartbeat;
      return 0;
    }
    const state = this.#stateOf(thread);
    const isKnown = state?.isRunnable === true && this.#ran !== null;
    this.#still += isKnown ? Math.min(elapsed, state.ran - this.#ran!) : most;
    this.#ran = state?.ran ?? null;
    return this.#still;
  }

  /** Nothing is held against it so far. */
  reset(): void {
    this.#still = 0;
    this.#ran = null;
  }
}
