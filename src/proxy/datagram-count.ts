// How many datagrams left, how many could not, and how many came that were too large: the plane counts for itself, the
// worker's counters live longer than it.
import { RecordKind } from "../bridge/handoff.ts";
import type { Outbox } from "../net/batch.ts";
import { ENDPOINT_WORDS } from "../net/endpoint.ts";
import type { Plane, PlaneCounts } from "../net/plane.ts";
import { type Context, Count } from "./context.ts";

const nobody = new Int32Array(ENDPOINT_WORDS);

/** Carries a plane's counts over into the counters of its worker. */
export class DatagramCount {
  readonly #c: Context;
  readonly #outbox: Outbox;
  readonly #counts: PlaneCounts;
  #flushed = 0;
  #unsent = 0;
  #inTrains = 0;
  #withoutTrains = 0;
  #coalescingWaits = 0;
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
    const { unsent, inTrains, withoutTrains, coalescingWaits, oversized, lost, lostNew } = this.#counts;
    column[Count.sent]! += flushed - this.#flushed - (unsent - this.#unsent);
    column[Count.sent_in_trains]! += inTrains - this.#inTrains;
    column[Count.coalescing_waits]! += coalescingWaits - this.#coalescingWaits;
    column[Count.dropped_send]! += unsent - this.#unsent;
    column[Count.dropped_oversized]! += oversized - this.#oversized;
    if (withoutTrains !== this.#withoutTrains) this.#tellTrains(withoutTrains);
    this.#flushed = flushed;
    this.#unsent = unsent;
    this.#inTrains = inTrains;
    this.#coalescingWaits = coalescingWaits;
    column[Count.dropped_queue_full]! += lost - this.#lost;
    column[Count.dropped_new_queue_full]! += lostNew - this.#lostNew;
    this.#oversized = oversized;
    this.#lost = lost;
    this.#lostNew = lostNew;
  }

  /** Once for each socket: it lasts until the next start. A full ring loses the text. */
  #tellTrains(now: number): void {
    this.#c.counters.column[Count.sockets_without_trains]! += now - this.#withoutTrains;
    this.#withoutTrains = now;
    const message =
      "the system does not take datagrams in trains (UDP_SEGMENT) as it did: a socket sends them shorter or one by one until the next start";
    const text = Buffer.from(JSON.stringify({ level: "warn", message }));
    this.#c.toMain.push(RecordKind.log, 0, 0, nobody, 0, nobody, 0, text, 0, text.length);
  }
}
