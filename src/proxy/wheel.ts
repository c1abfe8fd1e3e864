// A hashed timer wheel whose lists run through the rows of a table: three words of each row hold the neighbours and the
// due time, so arming a timer touches memory that is in the cache anyway.

/** Milliseconds per tick. */
export const TICK = 10;
const SLOTS = 8192;
/** Rows looked at per call of `advance`, so that a burst of timers cannot hold up the packets. */
const BOUND = 512;

/** Whether `due` has come at `now`. Times are 32-bit milliseconds that wrap after 24 days; only differences mean anything. */
export function isDue(now: number, due: number): boolean {
  return ((now - due) | 0) >= 0;
}

/** The earlier of two times. */
export function earlier(a: number, b: number): number {
  return ((a - b) | 0) <= 0 ? a : b;
}

/** One wheel over one table. A row has at most one timer. */
export class Wheel {
  readonly #words: Int32Array;
  readonly #stride: number;
  readonly #next: number;
  readonly #previous: number;
  readonly #due: number;
  readonly #heads: Int32Array = new Int32Array(SLOTS);
  /** Milliseconds since the wheel began, unwrapped, and the 32-bit time that this is. */
  #elapsed = 0;
  #now = 0;
  #tick = 0;
  /** Where an unfinished tick goes on: rows still to be looked at are moved here. */
  #pending = 0;
  #armed = 0;

  /** Rows are `stride` words of `words`; `offset` is where the three words of the wheel lie. Row 0 is never used. */
  constructor(words: Int32Array, stride: number, offset: number, now: number) {
    this.#words = words;
    this.#stride = stride;
    this.#next = offset;
    this.#previous = offset + 1;
    this.#due = offset + 2;
    this.#now = now | 0;
  }

  /** How many timers are armed. */
  get armed(): number {
    return this.#armed;
  }

  /** Arms or re-arms the row's timer for `due` (milliseconds, same clock as `advance`). */
  arm(row: number, due: number): void {
    const words = this.#words;
    const at = row * this.#stride;
    if (words[at + this.#previous] !== 0) this.#unlink(at);
    else this.#armed++;
    words[at + this.#due] = due;
    let tick = Math.ceil((this.#elapsed + ((due - this.#now) | 0)) / TICK);
    if (tick <= this.#tick) tick = this.#tick + 1;
    const slot = tick & (SLOTS - 1);
    const head = this.#heads[slot]!;
    words[at + this.#next] = head;
    // A head's predecessor is its slot, negative and never zero.
    words[at + this.#previous] = -1 - slot;
    if (head !== 0) words[head * this.#stride + this.#previous] = row;
    this.#heads[slot] = row;
  }

  /** Takes the row's timer away, if it is armed. */
  disarm(row: number): void {
    const at = row * this.#stride;
    if (this.#words[at + this.#previous] === 0) return;
    this.#unlink(at);
    this.#armed--;
  }

  /** Moves an armed timer to a later time without relinking it; it is looked at when the old time comes. */
  postpone(row: number, due: number): void {
    this.#words[row * this.#stride + this.#due] = due;
  }

  /** When the row's timer is due; meaningless unless armed. */
  due(row: number): number {
    return this.#words[row * this.#stride + this.#due]!;
  }

  #unlink(at: number): void {
    const words = this.#words;
    const next = words[at + this.#next]!;
    const previous = words[at + this.#previous]!;
    if (previous > 0) words[previous * this.#stride + this.#next] = next;
    else if (previous === -1 - SLOTS) this.#pending = next;
    else this.#heads[-1 - previous] = next;
    if (next !== 0) words[next * this.#stride + this.#previous] = previous;
    words[at + this.#previous] = 0;
  }

  /**
   * Calls `fire(row)` for every timer that is due; a fired timer is disarmed first. At most a bounded number per call:
   * returns false when more are waiting. `fire` may arm and disarm freely.
   */
  advance(now: number, fire: (row: number) => void): boolean {
    const words = this.#words;
    this.#elapsed += (now - this.#now) | 0;
    this.#now = now;
    const until = Math.floor(this.#elapsed / TICK);
    let left = BOUND;
    for (;;) {
      while (this.#pending !== 0) {
        if (left-- === 0) return false;
        const row = this.#pending;
        const at = row * this.#stride;
        this.#unlink(at);
        this.#armed--;
        if (!isDue(now, words[at + this.#due]!)) this.arm(row, words[at + this.#due]!);
        else fire(row);
      }
      if (this.#tick >= until) return true;
      if (this.#armed === 0) {
        this.#tick = until;
        return true;
      }
      this.#tick++;
      const slot = this.#tick & (SLOTS - 1);
      const head = this.#heads[slot]!;
      if (head === 0) continue;
      this.#heads[slot] = 0;
      this.#pending = head;
      words[head * this.#stride + this.#previous] = -1 - SLOTS;
    }
  }
}
