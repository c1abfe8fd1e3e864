// What network cards call interrupt coalescing, for a worker: where much comes it waits a little after a crowd, so that the next one is larger.
import { BATCH, CROWD } from "./batch.ts";
import { type Libc, PR_SET_TIMERSLACK } from "./libc.ts";
import type { PlaneCounts } from "./plane.ts";

/** Microseconds of one wait. */
const WAIT = 100;
/** How late the system may wake us, in nanoseconds; its own 50 microseconds would be half a wait. */
const SLACK = 1_000;

/** So many datagrams a turn are much, on the average of some 64 turns (two to the power of MEMORY). A single crowd is none. */
const MUCH = 4;
const MEMORY = 6;

/** The waits of one plane (decision 0052). */
export class Coalescing {
  readonly #libc: Libc;
  readonly #counts: PlaneCounts;
  /** Datagrams of the last turns: their average times 2^MEMORY. */
  #level = 0;

  constructor(libc: Libc, counts: PlaneCounts) {
    this.#libc = libc;
    this.#counts = counts;
  }

  /** To be called once in the thread that waits. A system that refuses wakes it a little later. */
  prepare(): void {
    this.#libc.prctl(PR_SET_TIMERSLACK, SLACK);
  }

  /**
   * Waits if the turn that has ended received a crowd, and yet took all there was: `came` datagrams, in a time in which much comes. Fewer
   * are not worth a wait, and a whole batch has left others behind.
   */
  wait(came: number): void {
    this.#level += came - (this.#level >> MEMORY);
    if (came < CROWD || came >= BATCH || this.#level < MUCH << MEMORY) return;
    this.#counts.coalescingWaits++;
    this.#libc.usleep(WAIT);
  }
}
