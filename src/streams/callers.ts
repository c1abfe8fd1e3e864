// Room for the connections that we make for one caller alone (proxied.ts): strangers can have these made with one datagram each, so
// they have places of their own, of which no source takes all.
import type { StreamCounter, StreamLimits } from "../bridge/stream-start.ts";
import { fullnessAt, type Guests } from "./guests.ts";
import { SourceCount } from "./source-count.ts";

/** For whom such connections are there. */
export class Callers {
  readonly #limits: StreamLimits;
  readonly #guests: Guests;
  readonly #sources = new SourceCount();
  #count = 0;

  /** There may be `limits.connections` of them, of one source `limits.connectionsPerSource`. */
  constructor(limits: StreamLimits, guests: Guests) {
    this.#limits = limits;
    this.#guests = guests;
  }

  /** How many connections are there for callers. */
  get count(): number {
    return this.#count;
  }

  /** Why none is made for this caller, under the name by which that is counted; null: one may be. */
  refusal(caller: Int32Array): StreamCounter | null {
    const isTrusted = this.#guests.isTrusted(caller);
    if (!isTrusted && this.#sources.of(caller) >= this.#limits.connectionsPerSource) return "source_full";
    return fullnessAt(this.#count, this.#limits, isTrusted);
  }

  /** One is made. What is returned is to be called once when it is gone. */
  enter(caller: Int32Array): () => void {
    const leave = this.#sources.enter(caller);
    this.#count++;
    return () => {
      this.#count--;
      leave();
    };
  }
}
