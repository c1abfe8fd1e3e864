// Whether this process takes all of the processors that it may use, as of now: what can wait does then. Whole processors: what a control group
// grants of one, and what others take of it, it does not know.
import { availableParallelism } from "node:os";

/** A look further back than so many milliseconds says nothing about now. */
const LONGEST = 2_000;
/** When less than this is left, of one processor, nothing is to speak of. */
const LEFT = 0.15;

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

  /** Looks: whether there was hardly any processor time left since the last look. Where that is long ago, nobody knows: then it is taken to be so. */
  isFull(): boolean {
    const now = this.#now();
    const used = this.#used();
    const elapsed = now - this.#at;
    const spent = used - this.#usedAt;
    this.#at = now;
    this.#usedAt = used;
    return elapsed > LONGEST || spent > elapsed * (this.#processors - LEFT);
  }
}

function usedByAll(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
