// The thread around a worker's loop: rings, control words, clock, bells. A file of its own, so that tests and the warm-up
// can be the thread.
import type { Ring } from "../bridge/handoff.ts";
import type { StreamRings } from "./stream-rings.ts";

/** What the loop needs of its surroundings, so that tests can be the surroundings. */
export interface Surroundings {
  /** Rings from every other thread to this one. */
  readonly incoming: readonly Ring[];
  /** Those of the stream worker, whose `from` is one of `incoming`; null where no listener is one of streams. */
  readonly streams: StreamRings | null;
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

/** The surroundings of a real thread. A class, so that the warm-up's are of the same hidden class as the real ones. */
export class ThreadSurroundings implements Surroundings {
  readonly incoming: readonly Ring[];
  readonly streams: StreamRings | null;
  readonly outgoing: readonly (Ring | null)[];
  readonly control: Int32Array;
  readonly #clock: () => number;
  readonly #wake: (thread: number) => void;
  readonly #adopt: () => void;

  constructor(
    incoming: readonly Ring[],
    streams: StreamRings | null,
    outgoing: readonly (Ring | null)[],
    control: Int32Array,
    clock: () => number,
    wake: (thread: number) => void,
    adopt: () => void,
  ) {
    this.incoming = incoming;
    this.streams = streams;
    this.outgoing = outgoing;
    this.control = control;
    this.#clock = clock;
    this.#wake = wake;
    this.#adopt = adopt;
  }

  now(): number {
    return this.#clock();
  }

  wake(thread: number): void {
    this.#wake(thread);
  }

  adopt(): void {
    this.#adopt();
  }
}
