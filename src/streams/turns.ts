// What thousands may want at once: one has its turn in each round of the event loop, and messages of others pass between.

/** Turns that were had are let go when there are so many: while more keep coming, the list never ends. */
const MOST_KEPT = 1_024;

/** Those that wait for their turn, first come first served. */
export class Turns {
  readonly #many: number;
  #waiting: (() => void)[] = [];
  #next = 0;

  /** For each `many` that wait, one more has its turn in a round: as many are let go as come, however long the rounds are. */
  constructor(many = Infinity) {
    this.#many = many;
  }

  /** `turn` is called in a later round, when all before it have had theirs. */
  add(turn: () => void): void {
    this.#waiting.push(turn);
    if (this.#waiting.length === 1) setImmediate(() => this.#take());
  }

  #take(): void {
    // Whoever comes meanwhile waits for the next round.
    const last = this.#next + 1 + Math.floor((this.#waiting.length - this.#next) / this.#many);
    while (this.#next < last) this.#waiting[this.#next++]?.();
    if (this.#next < this.#waiting.length) {
      if (this.#next >= MOST_KEPT) {
        this.#waiting.splice(0, this.#next);
        this.#next = 0;
      }
      setImmediate(() => this.#take());
      return;
    }
    this.#waiting = [];
    this.#next = 0;
  }
}
