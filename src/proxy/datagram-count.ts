// How many datagrams left, how many could not, and how many came that were too large: the plane counts for itself, the
// worker's counters live longer than it.
import type { Outbox } from "../net/batch.ts";
import type { Plane, PlaneCounts } from "../net/plane.ts";
import { type Context, Count } from "./context.ts";

/** Carries a plane's counts over into the counters of its worker. */
export class DatagramCount {
  readonly #c: Context;
  readonly #outbox: Outbox;
  readonly #counts: PlaneCounts;
  #flushed = 0;
  #unsent = 0;
  #inTrains = 0;
  #oversized = 0;
  #lost = 0;
  #lostNew = 0;

  constructor(context: Context, plane: Plane) {
    this.#c = context;
    this.#outbox = plane.outbox;
    this.#counts = plane.counts;
  }

  /** Adds what has happened since the last call; the outbox is flushed behind a turn, so a turn counts the one before it. */
  update(): void {
    const { column } = this.#c.counters;
    const { flushed } = this.#outbox;
    const { unsent, inTrains, oversized, lost, lostNew } = this.#counts;
    column[Count.sent]! += flushed - this.#flushed - (unsent - this.#unsent);
    column[Count.sent_in_trains]! += inTrains - this.#inTrains;
    column[Count.dropped_send]! += unsent - this.#unsent;
    column[Count.dropped_oversized]! += oversized - this.#oversized;
    this.#flushed = flushed;
    this.#unsent = unsent;
    this.#inTrains = inTrains;
    column[Count.dropped_queue_full]! += lost - this.#lost;
    column[Count.dropped_new_queue_full]! += lostNew - this.#lostNew;
    this.#oversized = oversized;
    this.#lost = lost;
    this.#lostNew = lostNew;
  }
}
