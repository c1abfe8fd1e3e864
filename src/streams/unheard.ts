// Connections over which nothing has come that anybody could do something with: a row of numbers for each, and no object.
import { ENDPOINT_WORDS } from "../net/endpoint.ts";

/** A table of them. Rows are found by their place, from 0 on. */
export class Unheard {
  /** The descriptor of each; 0: the place is free. */
  readonly fds: Int32Array;
  /** Its listener, by its index among those of the filter. */
  readonly listeners: Uint16Array;
  /** Bytes that have come. */
  readonly seen: Uint16Array;
  /** When it was accepted, by performance.now. */
  readonly since: Float64Array;
  /** When its first byte was seen; 0: none was. */
  readonly begun: Float64Array;
  /** 1: it is on its way out of the table. */
  readonly isLeaving: Uint8Array;
  /** The other ends, ENDPOINT_WORDS each. */
  readonly peers: Int32Array;
  /** No place from here on was ever taken. */
  end = 0;
  #count = 0;
  readonly #free: Int32Array;
  #freeCount = 0;

  /** A place for each of `fds`, all 0. */
  constructor(fds: Int32Array) {
    const places = fds.length;
    this.fds = fds;
    this.listeners = new Uint16Array(places);
    this.seen = new Uint16Array(places);
    this.since = new Float64Array(places);
    this.begun = new Float64Array(places);
    this.isLeaving = new Uint8Array(places);
    this.peers = new Int32Array(places * ENDPOINT_WORDS);
    this.#free = new Int32Array(places);
  }

  /** How many are there. */
  get count(): number {
    return this.#count;
  }

  /** Takes one in, accepted `now` (by performance.now); its place, or -1: all are taken. */
  add(fd: number, listener: number, peer: Int32Array, now: number): number {
    if (this.#freeCount === 0 && this.end === this.fds.length) return -1;
    const place = this.#freeCount > 0 ? this.#free[--this.#freeCount]! : this.end++;
    this.fds[place] = fd;
    this.listeners[place] = listener;
    this.seen[place] = 0;
    this.since[place] = now;
    this.begun[place] = 0;
    this.isLeaving[place] = 0;
    this.peers.set(peer, place * ENDPOINT_WORDS);
    this.#count++;
    return place;
  }

  /** Lets the one at this place go; returns its descriptor, which is the caller's from now on. */
  remove(place: number): number {
    const fd = this.fds[place]!;
    this.fds[place] = 0;
    this.#free[this.#freeCount++] = place;
    this.#count--;
    return fd;
  }
}
