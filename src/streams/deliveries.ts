// What comes over connections, on its way to the workers: a full ring pauses the connection until there is room again, and what cannot
// be read any further is answered and ends it.
import type { StreamCounter } from "../bridge/stream-start.ts";
import type { Message } from "../sip/message.ts";
import type { Connection, Intake } from "./connection.ts";
import type { Exchange } from "./exchange.ts";
import { Shares } from "./shares.ts";

/** A connection that cannot be framed ends with the answer, or after so long without one: workers on a busy machine are late, in milliseconds. */
const LAST_WORDS = 2_000;
/** While a worker's ring is full: how often it is tried again, in milliseconds. */
const RETRY = 2;

/** The way in for messages of all connections. */
export class Deliveries implements Intake {
  readonly #exchange: Exchange;
  readonly #countUp: (name: StreamCounter) => void;
  /** Those for whose messages there was no room. */
  readonly #held = new Set<Connection>();
  #retry: NodeJS.Timeout | null = null;
  readonly #mostOfSource: number;
  /** What strangers may hand in at a time. */
  readonly shares: Shares;

  /**
   * `isTrusted` tells whether an address is a destination's or a trusted source's; of one source there are `mostOfSource` connections, but
   * for those that are gone.
   */
  constructor(
    exchange: Exchange,
    countUp: (name: StreamCounter) => void,
    isTrusted: (peer: Int32Array) => boolean,
    mostOfSource: number,
  ) {
    this.#exchange = exchange;
    this.#countUp = countUp;
    this.shares = new Shares(isTrusted);
    this.#mostOfSource = mostOfSource;
  }

  /** Whether messages of it wait for room with a worker, or for their turn. */
  isHeld(connection: Connection): boolean {
    return this.#held.has(connection) || this.shares.isWaiting(connection);
  }

  /**
   * Whether a connection that is gone is kept until what came over it is with the workers. It counts for nobody's limit any more, so a
   * source that opens and closes them all the time has no more of these than it may have open ones.
   */
  isKept(connection: Connection): boolean {
    const { share } = connection;
    return this.isHeld(connection) && (share === null || share.connections <= this.#mostOfSource);
  }

  /** It is over, with what it still had. */
  forget(connection: Connection): void {
    this.#held.delete(connection);
    this.shares.leave(connection);
  }

  choose(message: Message): number {
    return this.#exchange.ownerOf(message);
  }

  message(connection: Connection, bytes: Buffer, start: number, end: number, worker: number): boolean {
    if (!this.shares.take(connection)) return false;
    if (this.#exchange.give(worker, connection, bytes, start, end)) return true;
    this.#held.add(connection);
    this.#retry ??= setTimeout(() => this.#resume(), RETRY);
    return false;
  }

  broken(connection: Connection, bytes: Buffer, start: number, end: number, status: number): void {
    this.#countUp("unframed");
    if (status === 0 || !this.#exchange.complain(connection, bytes, start, end, status)) {
      // Not from within the handler of its own data.
      setImmediate(() => connection.close());
      return;
    }
    connection.endSoon();
    setTimeout(() => connection.close(), LAST_WORDS);
  }

  refused(connection: Connection, bytes: Buffer, start: number, end: number, status: number): boolean {
    // Its answer takes a worker as much time as any other.
    if (!this.shares.take(connection)) return false;
    this.#countUp("refused_messages");
    this.#exchange.complain(connection, bytes, start, end, status);
    return true;
  }

  garbled(connection: Connection): void {
    if (!connection.isConnected) return;
    this.#countUp("unframed");
    connection.endSoon();
    setTimeout(() => connection.close(), LAST_WORDS);
  }

  #resume(): void {
    this.#retry = null;
    const held = [...this.#held];
    // Destinations and trusted sources first.
    for (const connection of held) if (connection.share === null) this.#offer(connection);
    for (const connection of held) if (connection.share !== null) this.#offer(connection);
  }

  #offer(connection: Connection): void {
    this.#held.delete(connection);
    // Still no room: `message` has put it back.
    connection.resume();
  }
}
