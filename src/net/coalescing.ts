// What network cards call interrupt coalescing, for a worker: where much comes it waits a little after a crowd, so that the next one is larger
// (decision 0052).
import { CROWD } from "./batch.ts";
import { Memory } from "./layout.ts";
import { CLOCK_MONOTONIC, type Libc, PR_SET_TIMERSLACK } from "./libc.ts";
import type { PlaneCounts } from "./plane.ts";

/** Microseconds of one wait. */
const WAIT = 100;
/** How late the system may wake us, in nanoseconds; its own 50 microseconds would be half a wait. */
const SLACK = 1_000;
/** Where the system's timers are coarser than this, in nanoseconds, a wait would be one of its jiffies: 1 to 10 milliseconds. */
const COARSE = 50_000;
/** So many datagrams a turn are much, on the average of so many turns (two to the power of MEMORY). */
const MUCH = 4;
const MEMORY = 6;

/** The waits of one plane. */
export class Coalescing {
  readonly #libc: Libc;
  readonly #counts: PlaneCounts;
  /** Average of the last turns' datagrams times 2^MEMORY; rounding makes it half a datagram more. */
  #level = 0;
  #isPossible = false;

  constructor(libc: Libc, counts: PlaneCounts) {
    this.#libc = libc;
    this.#counts = counts;
  }

  /** To be called once, in the thread that waits. */
  prepare(): void {
    this.#libc.prctl(PR_SET_TIMERSLACK, SLACK);
    const { words, address } = new Memory(this.#libc, 16);
    const isKnown = this.#libc.clock_getres(CLOCK_MONOTONIC, address) === 0;
    // struct timespec: seconds and nanoseconds, a long each.
    this.#isPossible = isKnown && words[0] === 0 && words[2]! < COARSE;
  }

  /**
   * After a turn that received `came` datagrams: waits if they were a crowd, in a time in which much comes, and returns whether it has. A
   * turn that has left something undone (`isBehind`) is not followed by a wait.
   */
  wait(came: number, isBehind: boolean): boolean {
    // A crowd counts as no more than one: what piles up once, while the machine was elsewhere, is not much.
    this.#level += Math.min(came, CROWD) - (this.#level >> MEMORY);
    if (isBehind || came < CROWD || this.#level < MUCH << MEMORY || !this.#isPossible) return false;
    this.#counts.coalescingWaits++;
    this.#libc.usleep(WAIT);
    return true;
  }
}
