// How late the stream worker's event loop is: so long does everything wait that comes over a connection. One late round says nothing (a
// collection of garbage, new certificates, another process on the core); what counts is the delay that stays.

/** How often it is looked at, in milliseconds. */
export const LOOK = 20;
/** A delay counts that no look has been below for one to two of these, in milliseconds. */
const WINDOW = 100;

/** The delay of one event loop, by looks that a timer of it makes every `LOOK` milliseconds. */
export class Lateness {
  #last: number;
  #since: number;
  /** The least delay of the window before, and of this one so far. */
  #before = 0;
  #least = Number.POSITIVE_INFINITY;

  /** `now` in milliseconds, by a clock that never goes back. */
  constructor(now: number) {
    this.#last = now;
    this.#since = now;
  }

  /** A look; returns the delay that stays, in whole milliseconds. */
  look(now: number): number {
    const late = Math.max(0, now - this.#last - LOOK);
    this.#last = now;
    this.#least = Math.min(this.#least, late);
    const standing = Math.floor(Math.min(this.#before, this.#least));
    if (now - this.#since >= WINDOW) {
      this.#since = now;
      this.#before = this.#least;
      this.#least = Number.POSITIVE_INFINITY;
    }
    return standing;
  }
}
