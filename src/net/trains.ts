// Datagrams of one length for one peer as a train: one pass through the system, which cuts it up at the end (UDP_SEGMENT). This file
// says which datagrams may go together; the sender does it.
import type { Outbox } from "./batch.ts";
import { ENDPOINT_WORDS } from "./endpoint.ts";
import { RefusedPeers } from "./refused-peers.ts";

/** Datagrams in one train at most (UDP_MAX_SEGMENTS of older kernels), and their bytes together. */
const MOST = 64;
const MOST_BYTES = 60_000;
const BUCKETS = 64;
const CALLS = 256;

/**
 * Sorts datagrams into trains: of one peer, one length, one method. Two of one call (`Outbox.call`) never change places, nor does
 * anything with one whose call is not known; others may.
 */
export class Trains {
  /** Trains of the last `sort`, in the order in which they are to leave. */
  count = 0;
  /** By train: its first datagram, how many it has, how long each of them is. */
  readonly first: Uint16Array;
  readonly members: Uint16Array;
  readonly length: Int32Array;
  /** By datagram: its train. */
  readonly trainOf: Uint16Array;
  /** By hash of peer and length, and by call: the last train, plus `#epoch` in the upper half. */
  readonly #byPeer: Int32Array = new Int32Array(BUCKETS);
  readonly #byCall: Int32Array = new Int32Array(CALLS);
  #epoch = 0;

  readonly #refused: RefusedPeers;

  /** For `places` datagrams at most; what goes to `refused` goes by itself. */
  constructor(places: number, refused: RefusedPeers = new RefusedPeers()) {
    this.#refused = refused;
    this.first = new Uint16Array(places);
    this.members = new Uint16Array(places);
    this.length = new Int32Array(places);
    this.trainOf = new Uint16Array(places);
  }

  /** Sorts `from..to` of the outbox, all of one listener. What is longer than `longest` bytes goes by itself. */
  sort(outbox: Outbox, from: number, to: number, longest: number): void {
    this.#newEpoch();
    this.#refused.nextCrowd();
    this.count = 0;
    /** Nothing that comes may leave before this train. */
    let barrier = 0;
    for (let i = from; i < to; i++) {
      const length = outbox.end[i]! - outbox.start[i]!;
      const call = outbox.call[i]!;
      const byCall = call & (CALLS - 1);
      const at = i * ENDPOINT_WORDS;
      const method = outbox.view.getInt32(outbox.start[i]!);
      const mix = Math.imul(outbox.peer[at + 3]! ^ Math.imul(outbox.peer[at + 4]!, 0x9e3779b1), 0x85ebca6b) ^ length;
      const byPeer = Math.imul(mix ^ method, 0xc2b2ae35) >>> 26;
      let train = this.#read(this.#byPeer, byPeer);
      const earliest = call === 0 ? this.count - 1 : Math.max(barrier, this.#read(this.#byCall, byCall));
      if (train < earliest || train < 0 || !this.#fits(outbox, i, train, length)) {
        train = this.count++;
        this.first[train] = i;
        this.members[train] = 0;
        this.length[train] = length;
        if (length > 0 && length <= longest && !this.#refused.has(outbox.peer, at))
          this.#byPeer[byPeer] = this.#epoch | train;
      }
      this.members[train]!++;
      this.trainOf[i] = train;
      this.#byCall[byCall] = this.#epoch | train;
      if (call === 0) barrier = train;
    }
  }

  #fits(outbox: Outbox, i: number, train: number, length: number): boolean {
    const members = this.members[train]!;
    if (this.length[train] !== length || members === MOST || (members + 1) * length > MOST_BYTES) return false;
    const first = this.first[train]!;
    // One method: on this machine a train is filed by its first datagram (steering.ts), and a BYE must not wait among what is new.
    if (outbox.view.getInt32(outbox.start[i]!) !== outbox.view.getInt32(outbox.start[first]!)) return false;
    for (let k = 0; k < ENDPOINT_WORDS; k++) {
      if (outbox.peer[i * ENDPOINT_WORDS + k] !== outbox.peer[first * ENDPOINT_WORDS + k]) return false;
    }
    for (let k = 0; k < 4; k++) if (outbox.local[i * 4 + k] !== outbox.local[first * 4 + k]) return false;
    return true;
  }

  #read(table: Int32Array, at: number): number {
    const value = table[at]!;
    return (value & ~0xffff) === this.#epoch ? value & 0xffff : -1;
  }

  /** Forgets all trains without touching the tables, but for once in 32,767 times. */
  #newEpoch(): void {
    this.#epoch += 0x1_0000;
    if (this.#epoch < 0x7fff_0000) return;
    this.#byPeer.fill(0);
    this.#byCall.fill(0);
    this.#epoch = 0x1_0000;
  }
}
