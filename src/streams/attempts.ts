// Connections that are being made, and what waits for them. When that takes long, the owner of what waits is asked whether it may
// leave by another connection instead: one to another address of the same name (RFC 8305). It waits in one place only, and is taken from
// there in the same turn in which its owner is told, and only if that can be told: so it never leaves twice, and is never lost.
import { randomInt } from "node:crypto";
import { RecordKind } from "../bridge/handoff.ts";
import type { StreamCounter, StreamLimits } from "../bridge/stream-start.ts";
import type { Connection } from "./connection.ts";
import type { Exchange } from "./exchange.ts";
import type { Waiting } from "./waiting.ts";

/** A request for which more than one connection may be made. */
interface Race {
  readonly number: number;
  /** Where it waits. */
  readonly connection: Connection;
  readonly waiting: Waiting;
  /** How many other addresses were asked for. */
  turn: number;
  /** Whether one was named when it was asked for last. */
  isAnswered: boolean;
}

/** One connection that is being made. */
interface Attempt {
  readonly impatience: NodeJS.Timeout;
  readonly pulse: NodeJS.Timeout;
  isSlow: boolean;
  /** Those of what waits for it. */
  readonly races: Map<Waiting, Race>;
  /** Races elsewhere that it may win, and the slot of the destination that is there. */
  readonly rivals: { readonly race: Race; readonly slot: number }[];
  /** What has left by others: whoever wanted it sent learns if this connection fails. */
  readonly withdrawn: Waiting[];
}

/** All of them. */
export class Attempts {
  readonly #exchange: Exchange;
  readonly #limits: StreamLimits;
  readonly #countUp: (name: StreamCounter) => void;
  readonly #attempts = new Map<Connection, Attempt>();
  readonly #races = new Map<number, Race>();
  /** Not from 0 on: an answer may be for the stream worker before us. */
  #number = randomInt(1, 0x7fffffff);

  constructor(exchange: Exchange, limits: StreamLimits, countUp: (name: StreamCounter) => void) {
    this.#exchange = exchange;
    this.#limits = limits;
    this.#countUp = countUp;
  }

  /** A connection is being made: it has its time, and is closed when that is over. */
  begin(connection: Connection): void {
    const { connectTimeout, attemptDelay } = this.#limits;
    const attempt: Attempt = {
      impatience: setTimeout(() => connection.close(), connectTimeout),
      pulse: setInterval(() => this.#ask(connection, attempt), attemptDelay),
      isSlow: false,
      races: new Map(),
      rivals: [],
      withdrawn: [],
    };
    this.#attempts.set(connection, attempt);
  }

  /** One thing more waits for it. */
  joined(connection: Connection): void {
    const attempt = this.#attempts.get(connection);
    const waiting = connection.waiting.all.at(-1);
    if (attempt?.isSlow === true && waiting !== undefined) this.#askFor(this.#begin(connection, attempt, waiting));
  }

  /** For whom the connection is made that the race of this number waits for; undefined: it is over. */
  callerOf(number: number): Int32Array | undefined {
    return this.#races.get(number)?.connection.caller;
  }

  /** The race of this number may be won by `other`, to the destination in `slot`; null: no connection could be made there. */
  answered(number: number, slot: number, other: Connection | null): void {
    const race = this.#races.get(number);
    if (race === undefined) return;
    race.isAnswered = true;
    if (other === null || other === race.connection) return;
    if (other.isConnected) this.#outrun(race, other, slot);
    else this.#attempts.get(other)?.rivals.push({ race, slot });
  }

  /** It is connected: what waits for it leaves, and what it may win waits no longer. */
  opened(connection: Connection): void {
    for (const { race, slot } of this.#end(connection)?.rivals ?? [])
      if (this.#races.has(race.number)) this.#outrun(race, connection, slot);
  }

  /** It came to nothing: what waited is told, and so is what left by others, because it says something of who is there. */
  failed(connection: Connection): void {
    const attempt = this.#end(connection);
    const { listener, peer } = connection;
    const tell = ({ worker, bytes }: Waiting) =>
      this.#exchange.tell(worker, RecordKind.unreachable, listener, peer, bytes, 0, bytes.length);
    for (const one of connection.waiting.takeAll()) {
      this.#countUp("unsent");
      tell(one);
    }
    if (attempt === undefined) return;
    for (const one of attempt.withdrawn) tell(one);
    for (const { race } of attempt.rivals) if (this.#races.has(race.number)) this.#askFor(race);
  }

  #end(connection: Connection): Attempt | undefined {
    const attempt = this.#attempts.get(connection);
    if (attempt === undefined) return undefined;
    this.#attempts.delete(connection);
    clearTimeout(attempt.impatience);
    clearInterval(attempt.pulse);
    for (const { number } of attempt.races.values()) this.#races.delete(number);
    return attempt;
  }

  /** Asks for all that waits, but for what nobody knew another address for. */
  #ask(connection: Connection, attempt: Attempt): void {
    if (!attempt.isSlow && connection.waiting.all.length > 0) {
      attempt.isSlow = true;
      this.#countUp("slow_connects");
    }
    for (const waiting of connection.waiting.all) {
      const known = attempt.races.get(waiting);
      if (known?.isAnswered === false) continue;
      const race = known ?? this.#begin(connection, attempt, waiting);
      this.#askFor(race);
    }
  }

  #begin(connection: Connection, attempt: Attempt, waiting: Waiting): Race {
    this.#number = (this.#number % 0x7fffffff) + 1;
    const race = { number: this.#number, connection, waiting, turn: 0, isAnswered: false };
    attempt.races.set(waiting, race);
    this.#races.set(race.number, race);
    return race;
  }

  #askFor(race: Race): void {
    const { connection, waiting, number } = race;
    const { worker, bytes } = waiting;
    const turn = Int32Array.of(race.turn, 0, 0, 0);
    const { listener, peer } = connection;
    const isTold = this.#exchange.tell(worker, RecordKind.slow, listener, peer, bytes, 0, bytes.length, number, turn);
    // Whom there was no room to tell is asked at the next pulse.
    race.isAnswered = !isTold;
    if (isTold) race.turn++;
  }

  #outrun({ number, connection, waiting }: Race, by: Connection, slot: number): void {
    const { worker, bytes } = waiting;
    // Who does not hear of it would never send it again: it waits on, and is asked for at the next pulse.
    if (!this.#exchange.tell(worker, RecordKind.outrun, by.listener, by.peer, bytes, 0, bytes.length, slot)) return;
    const attempt = this.#attempts.get(connection);
    this.#races.delete(number);
    attempt?.races.delete(waiting);
    attempt?.withdrawn.push(waiting);
    connection.waiting.withdraw(waiting);
    this.#countUp("outrun");
  }
}
