// From endpoints to who is there, as workers look for them: open addressing over the hash of an endpoint.
import { hashEndpoint } from "../net/endpoint.ts";

/** A table that is being filled. */
export class EndpointTable {
  /** As `Snapshot.endpoints`: its length is a power of two, at most half of it is taken, 0 is an empty place. */
  readonly places: Int32Array;
  /** How far the row of taken places behind each is known to go: thousands of destinations may be at one address. */
  readonly #taken: Int32Array;

  /** For `count` entries at most. */
  constructor(count: number) {
    let length = 8;
    while (length < count * 2) length *= 2;
    this.places = new Int32Array(length);
    this.#taken = new Int32Array(length);
  }

  /** Adds `entry`, which is not 0, for the endpoint at `words[from]`; of equal endpoints, the first one is found first. */
  add(words: Int32Array, from: number, entry: number): void {
    const mask = this.places.length - 1;
    const start = hashEndpoint(words, from) & mask;
    let at = (start + this.#taken[start]!) & mask;
    while (this.places[at] !== 0) at = (at + 1) & mask;
    this.places[at] = entry;
    this.#taken[start] = ((at - start) & mask) + 1;
  }
}
