// What everybody may hand in while others wait: in each round of the event loop so many messages of one source, and so many of all
// strangers. Nothing is lost by that: what is more is offered again in the next round, and its connections are not read meanwhile. A
// round with nothing else in it is over at once, so who floods gets what is left, and nobody waits for him.
import { sourceOf } from "./source-count.ts";

const OF_SOURCE = 64;
const OF_STRANGERS = 256;

/** A connection, as far as it matters here. */
export interface Sharer {
  /** Whom it is of. */
  readonly peer: Int32Array;
  /** What it may hand in while others wait; null: what it likes. Found out with its first message. */
  share: Share | null;
  /** By which rules that was found out; 0: not yet. */
  rules: number;
  /** Offers again what was not taken. */
  resume(): boolean;
}

/** What one source has. */
export interface Share {
  readonly source: number | string;
  /** Its connections that have handed in something and are not gone. */
  connections: number;
  /** The round that `left` is of, and how many messages more it may hand in then. */
  round: number;
  left: number;
  /** Its connections that have more to hand in, longest first. */
  readonly waiting: Set<Sharer>;
}

/** The shares of strangers, whoever has made the connection. Destinations and trusted sources have none: nothing holds them up. */
export class Shares {
  readonly #isTrusted: (peer: Int32Array) => boolean;
  readonly #ofSource: number;
  readonly #ofStrangers: number;
  readonly #shares = new Map<number | string, Share>();
  /** Those with connections that wait, in turn. */
  readonly #waiting = new Set<Share>();
  #rules = 1;
  #round = 0;
  #left: number;
  #isOpen = false;

  /** `isTrusted` tells whether an address is a destination's or a trusted source's. */
  constructor(
    isTrusted: (peer: Int32Array) => boolean,
    ofSource: number = OF_SOURCE,
    ofStrangers: number = OF_STRANGERS,
  ) {
    this.#isTrusted = isTrusted;
    this.#ofSource = ofSource;
    this.#ofStrangers = ofStrangers;
    this.#left = ofStrangers;
  }

  /** Other addresses may be trusted from now on: of each connection that is found out again with its next message. */
  renew(): void {
    this.#rules++;
  }

  /** A connection is gone. */
  leave(connection: Sharer): void {
    const { share } = connection;
    if (share === null) return;
    connection.share = null;
    share.waiting.delete(connection);
    if (share.waiting.size === 0) this.#waiting.delete(share);
    if (--share.connections === 0) this.#shares.delete(share.source);
  }

  /** Whether the connection, which is to `leave` when it is gone, may hand in one more message now; if not, it is resumed in a later round. */
  take(connection: Sharer): boolean {
    if (connection.rules !== this.#rules) this.#judge(connection);
    const { share } = connection;
    if (share === null) return true;
    if (!this.#isOpen) this.#open();
    if (share.round !== this.#round) {
      share.round = this.#round;
      share.left = this.#ofSource;
    }
    if (share.left > 0 && this.#left > 0) {
      share.left--;
      this.#left--;
      return true;
    }
    share.waiting.add(connection);
    this.#waiting.add(share);
    return false;
  }

  /** Whether it waits for a later round. */
  isWaiting(connection: Sharer): boolean {
    return connection.share?.waiting.has(connection) === true;
  }

  #judge(connection: Sharer): void {
    connection.rules = this.#rules;
    if (this.#isTrusted(connection.peer)) this.leave(connection);
    else connection.share ??= this.#enter(connection.peer);
  }

  #enter(peer: Int32Array): Share {
    const source = sourceOf(peer);
    let share = this.#shares.get(source);
    if (share === undefined) {
      share = { source, connections: 0, round: -1, left: 0, waiting: new Set() };
      this.#shares.set(source, share);
    }
    share.connections++;
    return share;
  }

  #open(): void {
    this.#isOpen = true;
    setImmediate(() => this.#next());
  }

  #next(): void {
    this.#isOpen = false;
    this.#round++;
    this.#left = this.#ofStrangers;
    for (const share of [...this.#waiting]) {
      if (this.#left === 0) break;
      // Whoever has had a turn comes after those who have not.
      this.#waiting.delete(share);
      this.#serve(share);
      if (share.waiting.size > 0) this.#waiting.add(share);
    }
    if (this.#waiting.size > 0 && !this.#isOpen) this.#open();
  }

  #serve(share: Share): void {
    const { waiting } = share;
    // Who is put back meanwhile is behind all others, and its source has nothing left then.
    for (const connection of waiting) {
      if (this.#left === 0 || (share.round === this.#round && share.left === 0)) return;
      waiting.delete(connection);
      connection.resume();
    }
  }
}
