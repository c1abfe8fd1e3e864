// Capacities and weights that FreeSWITCHes tell: a connection to each event socket that the configuration names, and what its heartbeats
// come to in the snapshot's numbers, which lie in shared memory. No reload: workers see the number that is there.
import type { LiveTables } from "../bridge/live-tables.ts";
import type { Snapshot } from "../bridge/snapshot.ts";
import { MOST_TOLD_WEIGHT } from "../config/sections/destination.ts";
import { type EventSocket, formatEventSocket } from "../config/values/event-socket.ts";
import { algorithmByName } from "../dispatch/algorithms/index.ts";
import { EventSocketClient, type EventSocketContext } from "./event-socket.ts";
import { capacityOf, type Heartbeat, UNTOLD_CAPACITY, weightOf } from "./freeswitch-capacity.ts";
import type { PlacedDestination } from "./place.ts";

/** The outside world of it. */
export interface MeasuredContext extends Omit<EventSocketContext, "told"> {
  readonly live: Pick<LiveTables, "resourceLoad">;
}

/**
 * How long a weight outlives the silence that voids a capacity; milliseconds. Who is silent may be busy: with the weight of a free one it would
 * draw the calls of all others.
 */
export const WEIGHT_KEPT = 540_000;

/** What of a snapshot is told. */
type Told = Pick<Snapshot, "resources" | "sets">;

/** A number in the snapshot: a capacity, or where `account` is -2 a weight. */
interface Cell {
  readonly slot: number;
  /** Of the resource. */
  readonly number: number;
  readonly account: number;
  /** A weight's part of what is told: servers of one name share it. */
  readonly share: number;
  readonly numbers: Int32Array | Uint16Array;
  readonly at: number;
}

const WEIGHT = { number: 31, account: -2 } as const;

interface Feed {
  client: EventSocketClient | null;
  readonly place: EventSocket;
  /** The last one; null: none, or too long ago. */
  heartbeat: Heartbeat | null;
  /** The same for weights, for which it is longer until that is too long ago. */
  weighed: Heartbeat | null;
  /** Ends that. */
  forgetting: NodeJS.Timeout | undefined;
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
  #isStarted = false;

  constructor(context: MeasuredContext) {
    this.#context = context;
  }

  /** Puts what is known into a snapshot that no worker has yet. */
  fill(placed: readonly PlacedDestination[], snapshot: Told): void {
    for (const { cell, key } of cellsOf(placed, snapshot)) {
      const feed = this.#feeds.get(key);
      if (feed !== undefined) write(cell, feed.values.get(idOf(cell)) ?? this.#valueOf(feed, cell));
    }
  }

  /** The snapshot is in force: its event sockets are followed from now on, and no others. */
  adopt(placed: readonly PlacedDestination[], snapshot: Told): void {
    const cells = Map.groupBy(cellsOf(placed, snapshot), ({ key }) => key);
    for (const [key, feed] of this.#feeds) {
      if (cells.has(key)) continue;
      halt(feed);
      this.#feeds.delete(key);
    }
    for (const [key, found] of cells) {
      const { place } = found[0]!;
      const feed = this.#feeds.get(key) ?? {
        client: null,
        place,
        heartbeat: null,
        weighed: null,
        forgetting: undefined,
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
    this.fill(placed, snapshot);
  }

  /** Begins to connect. */
  start(): void {
    this.#isStarted = true;
    for (const feed of this.#feeds.values()) this.#follow(feed);
  }

  /** Ends all connections to event sockets. */
  stop(): void {
    this.#isStarted = false;
    for (const feed of this.#feeds.values()) halt(feed);
  }

  #follow(feed: Feed): void {
    feed.client ??= new EventSocketClient(feed.place, {
      ...this.#context,
      told: (heartbeat) => this.#hear(feed, heartbeat),
    });
  }

  #hear(feed: Feed, heartbeat: Heartbeat | null): void {
    clearTimeout(feed.forgetting);
    feed.heartbeat = heartbeat;
    if (heartbeat !== null) {
      feed.weighed = heartbeat;
      feed.most = heartbeat.maxSessions;
    } else
      feed.forgetting = setTimeout(() => {
        feed.weighed = null;
        this.#tell(feed);
      }, WEIGHT_KEPT);
    this.#tell(feed);
  }

  #tell(feed: Feed): void {
    for (const cell of feed.cells) {
      const value = this.#valueOf(feed, cell);
      feed.values.set(idOf(cell), value);
      write(cell, value);
    }
  }

  #valueOf({ heartbeat, weighed, most }: Feed, { account, number, share }: Cell): number {
    if (account === WEIGHT.account)
      return Math.round(share * (weighed === null ? MOST_TOLD_WEIGHT : weightOf(weighed, MOST_TOLD_WEIGHT)));
    return heartbeat === null ? most : capacityOf(heartbeat, this.#context.live.resourceLoad(account, number));
  }
}

/** Nobody is asked any more; what was told stays until somebody is asked again. */
function halt(feed: Feed): void {
  feed.client?.stop();
  feed.client = null;
  clearTimeout(feed.forgetting);
}

interface MeasuredCell {
  readonly cell: Cell;
  readonly place: EventSocket;
  /** The same text, the same connection; it holds the password and stays here. */
  readonly key: string;
}

function cellsOf(placed: readonly PlacedDestination[], { resources, sets }: Told): MeasuredCell[] {
  const { names, accounts, capacities, stride } = resources;
  const cells: MeasuredCell[] = [];
  for (const { slot, set, config } of placed) {
    for (const [name, place] of Object.entries(names.length === 0 ? {} : config.resources)) {
      if (typeof place === "number") continue;
      const number = names.indexOf(name);
      const at = slot * stride + number;
      const cell = { slot, number, account: accounts[slot] ?? -1, share: 1, numbers: capacities, at };
      cells.push({ cell, place, key: formatEventSocket(place, true) });
    }
    const { weightFrom: place, weight } = config;
    const entry = place === undefined ? undefined : sets.find(({ name }) => name === set.name);
    // Elsewhere shares are worked out when the snapshot is made.
    if (place === undefined || entry === undefined || algorithmByName(entry.algorithm)?.weighsNow !== true) continue;
    const at = entry.slots.indexOf(slot);
    const cell = { slot, ...WEIGHT, share: weight / MOST_TOLD_WEIGHT, numbers: entry.weights, at };
    cells.push({ cell, place, key: formatEventSocket(place, true) });
  }
  return cells;
}

function idOf({ slot, number }: Cell): number {
  return slot * 32 + number;
}

function write({ numbers, at }: Cell, value: number): void {
  Atomics.store(numbers, at, value);
}
