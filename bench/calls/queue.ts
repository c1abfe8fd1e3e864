// Things that are due after the same time each: a ring in order of time.

/** Numbers that come back `delay` milliseconds after they were put in. */
export class DelayQueue {
  readonly #delay: number;
  readonly #numbers: Int32Array;
  readonly #due: Float64Array;
  readonly #mask: number;
  #head = 0;
  #tail = 0;

  /** Holds up to `capacity` numbers, a power of two; more push out the oldest. */
  constructor(delay: number, capacity: number) {
    this.#delay = delay;
    this.#numbers = new Int32Array(capacity);
    this.#due = new Float64Array(capacity);
    this.#mask = capacity - 1;
  }

  put(number: number, now: number): void {
    const at = this.#tail++ & this.#mask;
    this.#numbers[at] = number;
    this.#due[at] = now + this.#delay;
    if (this.#tail - this.#head > this.#mask) this.#head++;
  }

  /** The next number that is due; -1: none. */
  next(now: number): number {
    if (this.#head === this.#tail) return -1;
    const at = this.#head & this.#mask;
    if (this.#due[at]! > now) return -1;
    this.#head++;
    return this.#numbers[at]!;
  }
}
