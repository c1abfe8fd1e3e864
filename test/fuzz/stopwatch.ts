// How long a message takes its worker: processor time, because others use the machine too, and without the collector's
// pauses, which are nobody's message.
import { PerformanceObserver } from "node:perf_hooks";
import { processorTime } from "../kit/processor-time.ts";

/** Readings of the processor's clock are dear; between two of them lie at most so many messages. */
const READ_EVERY = 16;

interface Slow {
  readonly from: number;
  readonly to: number;
  readonly cpu: number;
  readonly episode: number;
  readonly message: number;
}

/** Measures one message after the other. Times in milliseconds. */
export class Stopwatch {
  readonly limit: number;
  /** The longest by the clock on the wall, whatever else the machine did meanwhile. */
  longest = 0;
  /** The longest in processor time, collector apart, of those that took long by the clock on the wall. */
  longestCpu = 0;
  /** Which one that was. */
  longestAt = "";
  /** The longest pause of the collector. */
  longestPause = 0;
  #slow: Slow[] = [];
  #from = 0;
  #spent = 0;
  #count = 0;
  #cpu = 0;
  readonly #observer: PerformanceObserver;
  #pauses: { readonly from: number; readonly to: number }[] = [];

  constructor(limit: number) {
    this.limit = limit;
    this.#observer = new PerformanceObserver((list) => this.#note(list.getEntries()));
    this.#observer.observe({ entryTypes: ["gc"] });
  }

  /** Something else has been going on: the processor's clock is read anew. */
  resume(): void {
    this.#count = 0;
  }

  /** A message is received now; `spent` is what the watching has taken so far. */
  start(spent: number): void {
    if (this.#count++ % READ_EVERY === 0) this.#cpu = processorTime();
    this.#spent = spent;
    this.#from = performance.now();
  }

  /** It has been handled. */
  stop(spent: number, episode: number, message: number): void {
    const to = performance.now();
    const wall = to - this.#from - (spent - this.#spent);
    if (wall > this.longest) this.longest = wall;
    if (wall < this.limit / 2) return;
    const cpu = Math.min(wall, processorTime() - this.#cpu);
    this.#slow.push({ from: this.#from, to, cpu, episode, message });
  }

  /** The messages that were too slow since the last call; to be awaited between episodes, so that the pauses are known. */
  async settle(): Promise<readonly { readonly episode: number; readonly message: number; readonly cpu: number }[]> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#note(this.#observer.takeRecords());
    const slow = this.#slow.map(({ from, to, cpu, episode, message }) => {
      let pause = 0;
      for (const one of this.#pauses) pause += Math.max(0, Math.min(to, one.to) - Math.max(from, one.from));
      return { episode, message, cpu: cpu - pause };
    });
    for (const { cpu, episode, message } of slow) {
      if (cpu <= this.longestCpu) continue;
      this.longestCpu = cpu;
      this.longestAt = `episode ${episode}, message ${message}`;
    }
    this.#slow = [];
    this.#pauses = [];
    return slow.filter(({ cpu }) => cpu > this.limit);
  }

  #note(entries: readonly { readonly startTime: number; readonly duration: number }[]): void {
    for (const { startTime, duration } of entries) {
      this.#pauses.push({ from: startTime, to: startTime + duration });
      if (duration > this.longestPause) this.longestPause = duration;
    }
  }
}
