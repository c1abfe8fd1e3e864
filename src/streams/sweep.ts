// Looking for connections that are overdue, a few at a time: there may be many thousands.

/** What is looked at. */
export interface Swept {
  /** Before that, it is not judged. */
  readonly isConnected: boolean;
}

/** How often a step is made, in milliseconds, and how many of them go round all places. */
export const STEP = 10;
export const STEPS = 25;
/** After so long without a step, in milliseconds, what peers have sent meanwhile is read before they are judged. */
const LATE = 250;

/** The sweep over a table of connections. */
export class Sweep<C extends Swept> {
  readonly #places: readonly (C | undefined)[];
  readonly #judge: (connection: C, now: number) => void;
  /** The place that is next. */
  #at = 0;
  #last: number;

  /** `judge` looks whether a connection is overdue `now` (milliseconds, by a clock that never goes back). */
  constructor(places: readonly (C | undefined)[], judge: (connection: C, now: number) => void, now: number) {
    this.#places = places;
    this.#judge = judge;
    this.#last = now;
  }

  /** Makes one step; `now` as above. */
  step(now: number): void {
    const isLate = now - this.#last > LATE;
    // Only once, or who is always late never judges.
    this.#last = isLate ? Number.POSITIVE_INFINITY : now;
    if (isLate) return;
    for (let looks = this.#places.length / STEPS; looks > 0; looks--) {
      if (this.#at >= this.#places.length) this.#at = 0;
      const connection = this.#places[this.#at++];
      if (connection?.isConnected) this.#judge(connection, now);
    }
  }
}
