// How full a queue counts. One that is long for a moment says nothing: a burst, a pause of the collector, another process on
// the core. What counts is the length that it has not been below for a while (as CoDel has it, RFC 8289).
import { FULL } from "../net/queue-gauge.ts";

/** Where the system drops what finds no room, it is the least of one to two windows of this length, in milliseconds ... */
const WINDOW = 50;
/** ... or, for a burst so large that it would soon do so, what it is above this part of 255. */
const BURST = 96;
/** The window of a queue that drops nothing: that of the stream worker's own delay (streams/lateness.ts). No burst counts. */
const PATIENT_WINDOW = 100;

/** What one queue, or the fullest of several, has been at least. */
export class StandingFill {
  /** The least of the window before, and of this one so far, and when that began. */
  #before = 0;
  #least = 0;
  #since = 0;
  readonly #window: number;
  readonly #burst: number;

  /** `dropsNothing`: whoever fills it waits when it is full. */
  constructor(dropsNothing = false) {
    this.#window = dropsNothing ? PATIENT_WINDOW : WINDOW;
    this.#burst = dropsNothing ? FULL : BURST;
  }

  /** Once per turn: how full it is, of 255. */
  note(fill: number, now: number): void {
    if (((now - this.#since) | 0) >= this.#window) {
      this.#since = now;
      this.#before = this.#least;
      this.#least = fill;
    } else if (fill < this.#least) this.#least = fill;
  }

  /** Whether the queue has not been empty for a while. */
  get isLong(): boolean {
    return this.#before > 0 && this.#least > 0;
  }

  /** How full a queue that is now this full counts; `weight`: how many times what it has been for a while. */
  felt(fill: number, weight = 1): number {
    return Math.max(Math.min(fill, this.#before, this.#least) * weight, fill - this.#burst);
  }
}
