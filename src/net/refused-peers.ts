// Peers that an ICMP error was about lately. On this machine a refused train is told of once, not for each of its datagrams, so what goes
// there goes one by one; and only that, because anybody can have us answer to a port where nobody is.
import { copyEndpoint, ENDPOINT_WORDS, hashEndpoint, sameEndpoint } from "./endpoint.ts";

/** More are kept apart by chance: the newer one takes the place. */
const PLACES = 256;
/** For so many crowds. */
const LASTING = 1_000;

/** Those of one plane. */
export class RefusedPeers {
  readonly #peers: Int32Array = new Int32Array(PLACES * ENDPOINT_WORDS);
  /** By place: the first crowd for which it does not count any more. */
  readonly #until: Int32Array = new Int32Array(PLACES);
  #crowd = 0;
  #last = 0;

  /** The peer at `peer[at]` was refused something. */
  add(peer: Int32Array, at: number): void {
    const place = hashEndpoint(peer, at) & (PLACES - 1);
    copyEndpoint(peer, at, this.#peers, place * ENDPOINT_WORDS);
    this.#last = (this.#crowd + LASTING) | 0;
    this.#until[place] = this.#last;
  }

  /** One more crowd is to leave. */
  nextCrowd(): void {
    this.#crowd = (this.#crowd + 1) | 0;
  }

  /** Whether datagrams to `peer[at]` are to go one by one. */
  has(peer: Int32Array, at: number): boolean {
    if (this.#isOver(this.#last)) return false;
    const place = hashEndpoint(peer, at) & (PLACES - 1);
    return !this.#isOver(this.#until[place]!) && sameEndpoint(peer, at, this.#peers, place * ENDPOINT_WORDS);
  }

  #isOver(until: number): boolean {
    return ((until - this.#crowd) | 0) <= 0;
  }
}
