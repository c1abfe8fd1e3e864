// Capacities that FreeSWITCHes tell: a connection to each event socket that the configuration names, and what its heartbeats come to
// in the capacities of the snapshot, which lie in shared memory. No reload: workers see the number that is there.
import type { LiveTables } from "../bridge/live-tables.ts";
import type { SnapshotResources } from "../bridge/snapshot.ts";
import { type EventSocket, formatEventSocket } from "../config/values/event-socket.ts";
import { EventSocketClient, type EventSocketContext } from "./event-socket.ts";
import { capacityOf, type Heartbeat, UNTOLD_CAPACITY } from "./freeswitch-capacity.ts";
import type { PlacedDestination } from "./place.ts";

/** The outside world of it. */
export interface MeasuredContext extends Omit<EventSocketContext, "told"> {
  readonly live: Pick<LiveTables, "resourceLoad">;
}

/** One number in the snapshot's capacities. */
interface Cell {
  readonly slot: number;
  /** Of the resource. */
  readonly number: number;
  readonly account: number;
}

interface Feed {
  client: EventSocketClient | null;
  readonly place: EventSocket;
  /** The last one; null: none, or too long ago. */
  heartbeat: Heartbeat | null;
  /** What counts without a heartbeat. */
  most: number;
  cells: readonly Cell[];
  /** What the last heartbeat came to, by cell: our own calls are counted as they were then. */
  values: Map<number, number>;
}

/** All of them. */
export class MeasuredCapacities {
  readonly #context: MeasuredContext;
  readonly #feeds = new Map<string, Feed>();
  #resources: SnapshotResources | null = null;
  #isStarted = false;

  constructor(context: MeasuredContext) {
    this.#context = context;
  }

  /** Puts what is known into a snapshot that no worker has yet. */
  fill(placed: readonly PlacedDestination[], resources: SnapshotResources): void {
    for (const { cell, key } of cellsOf(placed, resources)) {
      const feed = this.#feeds.get(key);
      if (feed !== undefined) write(resources, cell, feed.values.get(idOf(cell)) ?? this.#valueOf(feed, cell));
    }
  }

  /** The snapshot is in force: its event sockets are followed from now on, and no others. */
  adopt(placed: readonly PlacedDestination[], resources: SnapshotResources): void {
    const cells = Map.groupBy(cellsOf(placed, resources), ({ key }) => key);
    for (const [key, feed] of this.#feeds) {
      if (cells.has(key)) continue;
      feed.client?.stop();
      this.#feeds.delete(key);
    }
    for (const [key, found] of cells) {
      const { place } = found[0]!;
      const feed = this.#feeds.get(key) ?? {
        client: null,
        place,
        heartbeat: null,
        most: UNTOLD_CAPACITY,
        cells: [],
        values: new Map(),
      };
      feed.cells = found.map(({ cell }) => cell);
      feed.values = new Map(
        feed.cells.map((cell) => [idOf(cell), feed.values.get(idOf(cell)) ?? this.#valueOf(feed, cell)]),
      );
      this.#feeds.set(key, feed);
      if (this.#isStarted) this.#follow(feed);
    }
    this.#resources = resources;
    this.fill(placed, resources);
  }

  /** Begins to connect. */
  start(): void {
    this.#isStarted = true;
    for (const feed of this.#feeds.values()) this.#follow(feed);
  }

  stop(): void {
    this.#isStarted = false;
    for (const feed of this.#feeds.values()) {
      feed.client?.stop();
      feed.client = null;
    }
  }

  #follow(feed: Feed): void {
    feed.client ??= new EventSocketClient(feed.place, {
      ...this.#context,
      told: (heartbeat) => this.#hear(feed, heartbeat),
    });
  }

  #hear(feed: Feed, heartbeat: Heartbeat | null): void {
    feed.heartbeat = heartbeat;
    if (heartbeat !== null) feed.most = heartbeat.maxSessions;
    for (const cell of feed.cells) {
      const value = this.#valueOf(feed, cell);
      feed.values.set(idOf(cell), value);
      if (this.#resources !== null) write(this.#resources, cell, value);
    }
  }

  #valueOf({ heartbeat, most }: Feed, { account, number }: Cell): number {
    return heartbeat === null ? most : capacityOf(heartbeat, this.#context.live.resourceLoad(account, number));
  }
}

interface MeasuredCell {
  readonly cell: Cell;
  readonly place: EventSocket;
  /** The same text, the same connection; it holds the password and stays here. */
  readonly key: string;
}

function cellsOf(placed: readonly PlacedDestination[], { names, accounts }: SnapshotResources): MeasuredCell[] {
  if (names.length === 0) return [];
  return placed.flatMap(({ slot, config }) =>
    Object.entries(config.resources).flatMap(([name, place]) => {
      if (typeof place === "number") return [];
      const cell = { slot, number: names.indexOf(name), account: accounts[slot] ?? -1 };
      return [{ cell, place, key: formatEventSocket(place, true) }];
    }),
  );
}

function idOf({ slot, number }: Cell): number {
  return slot * 32 + number;
}

function write({ capacities, stride }: SnapshotResources, { slot, number }: Cell, capacity: number): void {
  Atomics.store(capacities, slot * stride + number, capacity);
}
