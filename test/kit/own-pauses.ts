// How long this process stood still for the sake of its own garbage: who measures others by the clock takes that off.
import { PerformanceObserver } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Collects all garbage of this thread now, so that less of it falls into what is measured next. */
export function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") collect();
}

/** The collections of garbage of this thread, from now on. */
export class OwnPauses {
  /** Begin and end of each, by `performance.now`. */
  readonly #pauses: (readonly [began: number, ended: number])[] = [];
  readonly #observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) this.#pauses.push([startTime, startTime + duration]);
  });

  constructor() {
    this.#observer.observe({ entryTypes: ["gc"] });
  }

  /** Resolves when all that have been are known, and none is waited for any more. */
  async end(): Promise<void> {
    // They are told one round of the event loop later.
    for (let rounds = 0; rounds < 3; rounds++) await new Promise((resolve) => setImmediate(resolve));
    this.#observer.disconnect();
  }

  /** How many of the milliseconds from `began` to `ended`, by `performance.now`, were such pauses; good after `end`. */
  within(began: number, ended: number): number {
    let sum = 0;
    for (const [from, to] of this.#pauses) sum += Math.max(0, Math.min(to, ended) - Math.max(from, began));
    return sum;
  }
}
