// Whether this process takes all of the processors that it may use, as of now: what can wait does then.
import { availableParallelism } from "node:os";

/** A look further back than so many milliseconds says nothing about now. */
const LONGEST = 2_000;
/** The share of all processors from which on nothing is left to speak of. */
const FULL = 0.85;

/** Looks at it whenever it is asked. */
export class ProcessorLoad {
  readonly #now: () => number;
  readonly #used: () => number;
  readonly #processors: number;
  #at = Number.NEGATIVE_INFINITY;
  #usedAt = 0;

  /** `now` and `used`, the processor time of all threads, in milliseconds. */
  constructor(now = () => performance.now(), used = usedByAll, processors: number = availableParallelism()) {
    this.#now = now;
    this.#used = used;
    this.#processors = processors;
  }

  /** Whether there was hardly any processor time left since it was last asked. Where that is long ago, nobody knows: then it is taken to be so. */
  isFull(): boolean {
    const now = this.#now();
    const used = this.#used();
    const elapsed = now - this.#at;
    const spent = used - this.#usedAt;
    this.#at = now;
    this.#usedAt = used;
    return elapsed > LONGEST || spent > elapsed * this.#processors * FULL;
  }
}

function usedByAll(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
