// Every connection of the process: found by name (place and generation) or by listener and address, made where there is none,
// bounded in number, closed when nothing passes.
import { randomInt } from "node:crypto";
import { connect, type Socket } from "node:net";
import { RecordKind } from "../bridge/handoff.ts";
import { type StreamCounter, type StreamLimits, StreamWord, serialAt, streamCounter } from "../bridge/stream-start.ts";
import {
  connectionWord,
  GENERATIONS,
  generationOf,
  isFlow,
  MAX_CONNECTIONS,
  namesConnection,
  placeOf,
  portToConnect,
} from "../bridge/way-back.ts";
import { formatPeer, parsePeer } from "../net/dgram-address.ts";
import { copyEndpoint, ENDPOINT_WORDS, isV4, sameAddress } from "../net/endpoint.ts";
import { Message } from "../sip/message.ts";
import { Connection, type ConnectionOwner } from "./connection.ts";
import type { Exchange } from "./exchange.ts";

/** How often idle connections are looked for, in milliseconds. */
const SWEEP = 250;
/** A connection that cannot be framed is closed after its sender has had so long to be answered, in milliseconds. */
const LAST_WORDS = 500;
/** While a worker's ring is full: how often it is tried again, in milliseconds. */
const RETRY = 2;

/** The table of connections. */
export class Connections implements ConnectionOwner {
  readonly #exchange: Exchange;
  readonly #limits: StreamLimits;
  readonly #words: Int32Array;
  /** Bound addresses, by listener; undefined for a wildcard. */
  readonly #bound: ReadonlyMap<number, string | undefined>;
  readonly #places: (Connection | undefined)[] = [];
  readonly #generations: Uint16Array = new Uint16Array(MAX_CONNECTIONS);
  readonly #free: number[] = [];
  readonly #byAddress = new Map<string | number, Connection>();
  readonly #touched = new Set<Connection>();
  readonly #stalled = new Set<Connection>();
  readonly #view = new Message();
  readonly #peer = new Int32Array(ENDPOINT_WORDS);
  #retry: NodeJS.Timeout | null = null;
  /** Where an earlier process or stream worker had got to is not known: chance keeps their numbers apart from ours. */
  #serial = randomInt(-0x80000000, 0x7fffffff);
  #count = 0;

  constructor(
    exchange: Exchange,
    limits: StreamLimits,
    words: Int32Array,
    bound: ReadonlyMap<number, string | undefined>,
  ) {
    this.#exchange = exchange;
    this.#limits = limits;
    this.#words = words;
    this.#bound = bound;
    setInterval(() => this.#sweep(), SWEEP).unref();
  }

  /** A connection that somebody made to `listener`. */
  accept(listener: number, socket: Socket): void {
    const peer = this.#peer;
    const { remoteAddress, remotePort } = socket;
    if (remoteAddress === undefined || remotePort === undefined || !parsePeer(remoteAddress, remotePort, peer, 0)) {
      socket.destroy();
      return;
    }
    // Those that we make are not counted against this: strangers must not cut us off from our destinations.
    if (this.#count >= this.#limits.connections || this.#add(listener, peer, socket, true) === null) {
      this.#countUp("refused");
      socket.resetAndDestroy();
      return;
    }
    this.#countUp("accepted");
  }

  /**
   * Sends what `worker` wants sent from `listener` to the endpoint, over the connection that it names or one to its address.
   * What cannot be sent comes back to the worker.
   */
  send(worker: number, listener: number, peer: Int32Array, bytes: Buffer, start: number, end: number): void {
    const connection = this.#find(listener, peer) ?? this.#connect(listener, peer);
    if (connection === null || connection.backlog + (end - start) > this.#limits.writeBuffer) {
      this.#countUp("unsent");
      this.#exchange.tell(worker, RecordKind.unreachable, listener, peer, bytes, start, end);
      return;
    }
    if (!namesConnection(peer[5]!) || isFlow(peer[5]!)) connection.isAddressed = true;
    connection.send(worker, bytes, start, end);
    this.#touched.add(connection);
  }

  /** Closes all of them, when everything has left. */
  leave(): void {
    for (const connection of this.#places) connection?.leave();
  }

  /** Lets go what `send` has saved up. */
  flush(): void {
    for (const connection of this.#touched) connection.uncork();
    this.#touched.clear();
  }

  choose(message: Message): number {
    return this.#exchange.ownerOf(message);
  }

  message(connection: Connection, bytes: Buffer, start: number, end: number, worker: number): boolean {
    if (this.#exchange.give(worker, connection, bytes, start, end)) return true;
    this.#stalled.add(connection);
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

  connected(connection: Connection): void {
    noteLocal(connection);
    this.#countUp("opened");
  }

  closed(connection: Connection): void {
    const { place, peer, listener } = connection;
    this.#places[place] = undefined;
    Atomics.store(this.#words, serialAt(place), 0);
    this.#free.push(place);
    const key = keyOf(listener, peer, peer[4]!);
    if (this.#byAddress.get(key) === connection) this.#byAddress.delete(key);
    this.#touched.delete(connection);
    this.#stalled.delete(connection);
    this.#count--;
    this.#words[StreamWord.connections] = this.#count;
    if (!connection.isConnected) {
      this.#countUp("connect_failed");
      for (const { worker, bytes } of connection.takeWaiting()) {
        this.#countUp("unsent");
        this.#exchange.tell(worker, RecordKind.unreachable, listener, peer, bytes, 0, bytes.length);
      }
    } else if (connection.isAddressed) this.#exchange.tellAll(RecordKind.lost, listener, peer);
  }

  #find(listener: number, peer: Int32Array): Connection | null {
    const word = peer[5]!;
    if (namesConnection(word)) {
      const place = placeOf(word);
      const named = this.#places[place];
      if (named !== undefined && this.#generations[place] === generationOf(word) && sameAddress(named.peer, 0, peer, 0))
        return named;
      if (isFlow(word)) return null;
    }
    const port = peer[4]!;
    const second = portToConnect(word, port);
    const open = this.#byAddress.get(keyOf(listener, peer, port));
    const found = open ?? (second === port ? undefined : this.#byAddress.get(keyOf(listener, peer, second)));
    return found === undefined || found.isEnding ? null : found;
  }

  #connect(listener: number, to: Int32Array): Connection | null {
    if (!this.#bound.has(listener) || isFlow(to[5]!)) return null;
    const peer = this.#peer;
    copyEndpoint(to, 0, peer, 0);
    peer[4] = portToConnect(to[5]!, to[4]!);
    if (peer[4] === 0) return null;
    // A word that is no scope says nothing to the network.
    if (peer[5]! < 0 || peer[5]! >= 0x40000000) peer[5] = 0;
    const localAddress = this.#bound.get(listener);
    const socket = connect({
      host: formatPeer(peer, 0),
      port: peer[4]!,
      family: isV4(peer, 0) ? 4 : 6,
      noDelay: true,
      keepAlive: true,
      ...(localAddress === undefined ? {} : { localAddress }),
      // Every address we connect to is numeric: nothing is ever looked up.
      lookup: (name, _options, callback) => callback(null, name, isV4(peer, 0) ? 4 : 6),
    });
    const connection = this.#add(listener, peer, socket, false);
    if (connection === null) {
      socket.on("error", () => undefined).destroy();
      this.#countUp("refused");
      return null;
    }
    const impatience = setTimeout(() => {
      if (!connection.isConnected) connection.close();
    }, this.#limits.connectTimeout);
    socket.once("connect", () => clearTimeout(impatience)).once("close", () => clearTimeout(impatience));
    return connection;
  }

  #add(listener: number, peer: Int32Array, socket: Socket, isConnected: boolean): Connection | null {
    if (this.#count >= MAX_CONNECTIONS) return null;
    const place = this.#free.pop() ?? this.#places.length;
    const generation = (this.#generations[place]! + 1) % GENERATIONS;
    this.#generations[place] = generation;
    const word = connectionWord(place, generation);
    const { headerBytes } = this.#limits;
    const connection = new Connection(this, socket, place, word, listener, peer, this.#view, headerBytes, isConnected);
    this.#places[place] = connection;
    this.#serial = (this.#serial + 1) | 0 || 1;
    Atomics.store(this.#words, serialAt(place), this.#serial);
    // The newest connection of an address is the one that it reads.
    this.#byAddress.set(keyOf(listener, peer, peer[4]!), connection);
    this.#count++;
    this.#words[StreamWord.connections] = this.#count;
    if (isConnected) noteLocal(connection);
    return connection;
  }

  #resume(): void {
    this.#retry = null;
    for (const connection of [...this.#stalled]) {
      this.#stalled.delete(connection);
      // Still no room: `message` has put it back.
      connection.resume();
    }
  }

  #sweep(): void {
    const now = performance.now();
    const { idle, messageTimeout } = this.#limits;
    for (const connection of this.#places) {
      if (connection === undefined || !connection.isConnected) continue;
      const isLate = connection.partialSince !== 0 && now - connection.partialSince > messageTimeout;
      if (!isLate && now - connection.active <= idle) continue;
      if (this.#stalled.has(connection)) continue;
      this.#countUp(isLate ? "unfinished" : "idle");
      connection.close();
    }
  }

  #countUp(name: StreamCounter): void {
    this.#words[streamCounter(name)]!++;
  }
}

function noteLocal({ socket, local }: Connection): void {
  const endpoint = new Int32Array(ENDPOINT_WORDS);
  if (socket.localAddress === undefined || !parsePeer(socket.localAddress, 0, endpoint, 0)) return;
  local.set(endpoint.subarray(0, 4));
}

/** A key for the table of addresses: a number where it fits. */
function keyOf(listener: number, peer: Int32Array, port: number): string | number {
  if (isV4(peer, 0) && listener < 32) return ((peer[3]! >>> 0) * 65_536 + port) * 32 + listener;
  return `${listener} ${peer[0]} ${peer[1]} ${peer[2]} ${peer[3]} ${port}`;
}
