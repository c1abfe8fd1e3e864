// What all patterns of a configuration may cost together: whoever may try a configuration must not stop the main thread with it,
// and each worker has a copy of every table.

/** Most steps looked at: a second or so. */
const MOST_WORK = 5_000_000;
/** Most places in tables, two bytes each. */
const MOST_PLACES = 20_000_000;

/** A pattern would cost more than what is left for all of them. */
export class EffortFault extends Error {}

/** How much may still be spent; made once for all patterns of a configuration. */
export class Effort {
  #work: number;
  #places: number;

  constructor(work = MOST_WORK, places = MOST_PLACES) {
    this.#work = work;
    this.#places = places;
  }

  /** Pays for this many steps; throws an `EffortFault`. */
  spend(steps: number): void {
    this.#work -= steps;
    if (this.#work < 0) throw new EffortFault("the patterns of all routes together are too intricate");
  }

  /** Pays for this many places in a table; throws an `EffortFault`. */
  take(places: number): void {
    this.#places -= places;
    if (this.#places < 0) throw new EffortFault("the patterns of all routes together make tables that are too large");
  }
}
