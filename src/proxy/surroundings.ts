// The thread around a worker's loop: rings, control words, clock, bells. A file of its own, so that tests and the warm-up
// can be the thread.
import type { Ring } from "../bridge/handoff.ts";

/** What the loop needs of its surroundings, so that tests can be the surroundings. */
export interface Surroundings {
  /** Rings from every other thread to this one. */
  readonly incoming: readonly Ring[];
  /** Rings to every other worker, by index; null for itself. */
  readonly outgoing: readonly (Ring | null)[];
  /** All control blocks. */
  readonly control: Int32Array;
  /** Milliseconds by a clock that never goes back. */
  now(): number;
  /** Wakes another thread (a worker by its index, main by the number of workers) if it sleeps. */
  wake(thread: number): void;
  /** A new snapshot has been posted: take it over. */
  adopt(): void;
}
