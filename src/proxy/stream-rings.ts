// A worker's ends of the rings between it and the stream worker, and when it takes nothing from there: what it would answer and pass on
// could not leave. The stream worker then stops reading, and callers wait; nothing is lost, and no destination is blamed for it.
import type { Ring } from "../bridge/handoff.ts";

/**
 * Fill (of 255) of the ring to the stream worker above which its messages wait: a quarter. Half is for an outbox that was filled
 * before, which is 2 MiB of 4, and a quarter for what datagrams and timers lead to meanwhile.
 */
const HELD_UP = 64;
/** Milliseconds after which that is looked at again. */
export const HELD_WAIT = 1;

/** Both rings. */
export class StreamRings {
  readonly from: Ring;
  readonly #to: Ring;
  #wasHeldUp = false;

  /** `from` is read by us, `to` is filled by us. */
  constructor(from: Ring, to: Ring) {
    this.from = from;
    this.#to = to;
  }

  /** Whether the stream worker does not keep up with what we send. */
  get isHeldUp(): boolean {
    return this.#to.fill > HELD_UP;
  }

  /** Whether nothing is to be taken from this ring now. */
  holds(ring: Ring): boolean {
    return ring === this.from && this.isHeldUp;
  }

  /** Notes whether we are held up at the end of a turn, and have to look again soon. */
  endTurn(): boolean {
    this.#wasHeldUp = this.isHeldUp;
    return this.#wasHeldUp;
  }

  /** Whether nothing was to be taken from this ring then. What a turn sends leaves after its end, and may be what holds us up. */
  heldAtEnd(ring: Ring): boolean {
    return ring === this.from && this.#wasHeldUp;
  }
}
