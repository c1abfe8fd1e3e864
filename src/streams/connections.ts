// Every connection of the process: found by name (place and generation) or by listener and address, made where there is none,
// bounded in number, closed when nothing passes.
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { WebSocket } from "ws";
import { RecordKind } from "../bridge/handoff.ts";
import { type StreamCounter, type StreamLimits, StreamWord, streamCounter } from "../bridge/stream-start.ts";
import {
  hasSecondPort,
  identityOf,
  isFlow,
  namesConnection,
  placeOf,
  portToConnect,
  scopeOf,
} from "../bridge/way-back.ts";
import { copyEndpoint, ENDPOINT_WORDS, sameAddress } from "../net/endpoint.ts";
import { Message } from "../sip/message.ts";
import { Aliases } from "./aliases.ts";
import { Attempts } from "./attempts.ts";
import { ByteCarrier } from "./byte-carrier.ts";
import { Callers } from "./callers.ts";
import type { Carry } from "./carrier.ts";
import { Connection, type ConnectionOwner } from "./connection.ts";
import { keyOf, MADE_BY_THEM } from "./connection-key.ts";
import { Deliveries } from "./deliveries.ts";
import { type Dial, dialSocket } from "./dial.ts";
import type { Exchange } from "./exchange.ts";
import { fullnessAt, type Guests, STRANGERS } from "./guests.ts";
import { KnownCallers } from "./known-callers.ts";
import { Overdue } from "./overdue.ts";
import { Places } from "./places.ts";
import { NOBODY, Proxied } from "./proxied.ts";
import { reset } from "./reset.ts";
import { STEP, Sweep } from "./sweep.ts";
import { Turns } from "./turns.ts";
import { WebSocketCarrier } from "./websocket-carrier.ts";

/** The table of connections. */
export class Connections implements ConnectionOwner {
  readonly intake: Deliveries;
  readonly aliases: Aliases;
  readonly knownCallers = new KnownCallers();
  readonly #exchange: Exchange;
  readonly #limits: StreamLimits;
  readonly #words: Int32Array;
  readonly #places: Places;
  readonly #dials: ReadonlyMap<number, Dial>;
  readonly #guests: Guests;
  readonly #proxied: Proxied;
  readonly #callers: Callers;
  readonly #attempts: Attempts;
  /** Steps by itself, by `performance.now`. */
  readonly sweep: Sweep<Connection>;
  readonly #byAddress = new Map<string | number, Connection>();
  readonly #touched = new Set<Connection>();
  /** Those to be closed: thousands may end, or be overdue, at once. In a round, one is accepted for each listener, and not one in all. */
  readonly #farewells = new Turns(256);
  readonly #view = new Message();
  readonly #peer = new Int32Array(ENDPOINT_WORDS);
  /** Why the last one that was to be made was not: we had no room, which says nothing of where it was to go. */
  #hadNoRoom = false;

  /** `guests` knows whom a connection that somebody made is of. */
  constructor(
    exchange: Exchange,
    limits: StreamLimits,
    words: Int32Array,
    dials: ReadonlyMap<number, Dial>,
    guests: Guests = STRANGERS,
    proxied = new Proxied(),
  ) {
    this.intake = new Deliveries(
      exchange,
      (name) => this.countUp(name),
      (peer) => guests.isTrusted(peer),
      limits.connectionsPerSource,
    );
    this.#exchange = exchange;
    this.#limits = limits;
    this.#words = words;
    this.#places = new Places(words);
    this.#dials = dials;
    this.#guests = guests;
    this.#proxied = proxied;
    this.#callers = new Callers(limits, guests);
    this.#attempts = new Attempts(exchange, limits, (name) => this.countUp(name));
    this.aliases = new Aliases(this.#byAddress, dials, () => this.countUp("aliases"));
    const overdue = new Overdue(limits, this.#farewells, this.#places.all, this);
    this.sweep = new Sweep(this.#places.all, (one, now) => overdue.judge(one, now), performance.now());
    setInterval(() => this.sweep.step(performance.now()), STEP).unref();
  }

  /** A connection that somebody made to `listener`: a plain stream, or what `carry` makes of it. Its first message began `spent` milliseconds ago. */
  accept(listener: number, socket: Socket, spent = 0, carry = this.#plain(socket)): void {
    const peer = this.#peer;
    if (!this.#guests.peerOf(socket, peer)) return void socket.destroy();
    const key = keyOf(listener, peer, peer[4]!, socket instanceof TLSSocket ? MADE_BY_THEM : 0);
    // Those that we make are not counted against this: strangers must not cut us off from our destinations.
    // What is kept for whom we trust was kept when they came (gate.ts): whoever had a place then is not sent away for those who came since.
    const made = this.fullness(0, true) === null ? this.#add(listener, peer, key, socket, carry, true) : null;
    if (made === null) reset(socket);
    else made.isAliasSought = this.#dials.get(listener)?.secure?.isReusable(socket) === true;
    if (made !== null && spent > 0) made.partialSince = made.active - spent;
    this.countUp(made === null ? "refused" : "accepted");
  }

  /** A WebSocket that somebody opened to `listener`, over `socket`. */
  acceptWeb(listener: number, socket: Socket, web: WebSocket): void {
    this.accept(listener, socket, 0, (handler) => new WebSocketCarrier(handler, web, socket, this.#view));
  }

  /** Why nobody, or no stranger, may make one more connection, besides `others` that are about to be there; null: they may. */
  fullness(others: number, isTrusted: boolean): "refused" | "reserved" | null {
    // Those for callers have places of their own: who calls by datagrams must not cut off who connects.
    return fullnessAt(this.#places.count - this.#callers.count + others, this.#limits, isTrusted);
  }

  countUp(name: StreamCounter): void {
    this.#words[streamCounter(name)]!++;
  }

  /**
   * Sends what `worker` wants sent from `listener` to the endpoint, over the connection that it names or one to its address, for
   * `caller` alone where that is a destination that is told. What cannot be sent comes back to the worker.
   */
  send(
    worker: number,
    listener: number,
    peer: Int32Array,
    bytes: Buffer,
    start: number,
    end: number,
    caller = NOBODY,
  ): void {
    this.#hadNoRoom = false;
    const connection = this.#find(listener, peer, caller) ?? this.#connect(listener, peer, caller);
    if (connection === null || connection.backlog + (end - start) > this.#limits.writeBuffer) {
      this.countUp("unsent");
      const kind = this.#hadNoRoom ? RecordKind.noRoom : RecordKind.unreachable;
      this.#exchange.tell(worker, kind, listener, peer, bytes, start, end);
      return;
    }
    if (!namesConnection(peer[5]!) || isFlow(peer[5]!)) connection.isAddressed = true;
    connection.send(worker, bytes, start, end);
    this.#touched.add(connection);
    if (!connection.isConnected) this.#attempts.joined(connection);
  }

  /** The request of the attempt `number` (attempts.ts) may leave by a connection there instead, to the destination in `slot`. */
  dial(listener: number, peer: Int32Array, number: number, slot: number): void {
    const caller = this.#attempts.callerOf(number);
    if (caller === undefined) return;
    this.#attempts.answered(number, slot, this.#find(listener, peer, caller) ?? this.#connect(listener, peer, caller));
  }

  /** Closes all of them, when everything has left. */
  leave(): void {
    for (const connection of this.#places.all) connection?.leave();
  }

  /** Lets go what `send` has saved up. */
  flush(): void {
    for (const connection of this.#touched) connection.flush();
    this.#touched.clear();
  }

  progressed(): void {
    // Thousands that have sent much at once take long, and that is no standstill.
    Atomics.add(this.#words, StreamWord.heartbeat, 1);
  }

  connected(connection: Connection): void {
    this.#attempts.opened(connection);
    connection.noteLocal();
    this.#dials.get(connection.listener)?.patience?.set(connection.socket);
    this.countUp("opened");
  }

  leaving(connection: Connection): void {
    this.#unlist(connection);
    if (connection.isAddressed) this.#exchange.tellLost(connection);
    // Once is enough.
    connection.isAddressed = false;
    this.#farewells.add(() => connection.leave());
  }

  closed(connection: Connection): void {
    this.#places.leave(connection);
    this.#unlist(connection);
    this.#touched.delete(connection);
    this.intake.forget(connection);
    if (!connection.isConnected) {
      this.countUp(connection.isUnverified ? "unverified" : "connect_failed");
      this.#attempts.failed(connection);
    } else if (connection.isAddressed) this.#exchange.tellLost(connection);
  }

  headers(connection: Connection, message: Message): void {
    this.aliases.look(connection, message);
  }

  #unlist(connection: Connection): void {
    if (this.#byAddress.get(connection.key) === connection) {
      this.#byAddress.delete(connection.key);
      this.aliases.vacant(connection.key);
    }
    this.aliases.forget(connection);
  }

  #find(listener: number, peer: Int32Array, caller: Int32Array): Connection | null {
    const word = peer[5]!;
    if (namesConnection(word)) {
      const named = this.#places.named(word);
      if (named?.isOpen && sameAddress(named.peer, 0, peer, 0)) return named;
      if (isFlow(word)) return null;
    }
    const port = peer[4]!;
    const isBack = hasSecondPort(word);
    const who = isBack ? 0 : this.#whoIsAt(listener, peer);
    let found = this.#byAddress.get(this.#proxied.keyTo(listener, peer, port, who, caller));
    // Back to a caller: what it made itself will do.
    if (found === undefined && isBack) {
      const there = this.#whoIsAt(listener, peer);
      found =
        this.#byAddress.get(keyOf(listener, peer, port, MADE_BY_THEM)) ??
        this.#byAddress.get(this.#proxied.keyTo(listener, peer, portToConnect(word, port), there, caller));
    }
    return found === undefined || found.isEnding || !found.isOpen ? null : found;
  }

  #connect(listener: number, to: Int32Array, caller: Int32Array): Connection | null {
    const dial = this.#dials.get(listener);
    if (dial === undefined || isFlow(to[5]!)) return null;
    // Whoever came by WebSocket is reached by the connection that it made, or not at all (RFC 7118 5.1).
    if (dial.carryWeb !== undefined && (namesConnection(to[5]!) || hasSecondPort(to[5]!))) return null;
    const peer = this.#peer;
    copyEndpoint(to, 0, peer, 0);
    peer[4] = portToConnect(to[5]!, to[4]!);
    if (peer[4] === 0) return null;
    const identity = this.#whoIsAt(listener, to);
    peer[5] = scopeOf(to[5]!);
    let connection: Connection | null = null;
    const header = this.#proxied.headerFor(peer, caller);
    const isForCaller = header !== null && caller[4] !== 0;
    const refusal = isForCaller ? this.#callers.refusal(caller) : null;
    if (refusal !== null) return this.#refuse(refusal);
    const socket = dialSocket(dial, peer, identity, () => connection?.noteUnverified(), header);
    if (socket === null) return null;
    const carry = dial.carryWeb?.(socket, peer, this.#view, dial.secure?.nameOf(identity) ?? "") ?? this.#plain(socket);
    const key = this.#proxied.keyTo(listener, peer, peer[4]!, identity, caller);
    const made = this.#add(listener, peer, key, socket, carry, false);
    connection = made;
    if (made === null) {
      socket.on("error", () => undefined).destroy();
      return this.#refuse("refused");
    }
    if (header !== null) made.caller = caller.slice();
    if (isForCaller) socket.once("close", this.#callers.enter(made.caller));
    this.#attempts.begin(made);
    return made;
  }

  /** The number of who has to be where a connection to this endpoint leads; back to a caller, of the destination that it is itself. */
  #whoIsAt(listener: number, to: Int32Array): number {
    const word = to[5]!;
    if (!namesConnection(word) && !hasSecondPort(word)) return identityOf(word);
    if (this.#dials.get(listener)?.secure === undefined) return 0;
    return this.knownCallers.identityAt(to, portToConnect(word, to[4]!));
  }

  #refuse(reason: StreamCounter): null {
    this.#hadNoRoom = true;
    this.countUp(reason);
    return null;
  }

  #plain(socket: Socket): Carry {
    return (handler) => new ByteCarrier(handler, socket, this.#view, this.#limits.headerBytes);
  }

  #add(
    listener: number,
    peer: Int32Array,
    key: string | number,
    socket: Socket,
    carry: Carry,
    isConnected: boolean,
  ): Connection | null {
    const word = this.#places.claim();
    if (word === null) return null;
    const connection = new Connection(this, socket, placeOf(word), word, listener, peer, key, carry, isConnected);
    this.#places.take(connection);
    // The newest connection of an address is the one that it reads.
    this.#byAddress.set(key, connection);
    if (isConnected) connection.noteLocal();
    return connection;
  }
}
