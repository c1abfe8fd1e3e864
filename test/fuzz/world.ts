// Workers without threads and sockets: the real loops over one snapshot, with rings between them, a clock that is turned, and
// chance that can be repeated.
import { createCountersMemory } from "../../src/bridge/counters.ts";
import { createRingMemory, Ring, type RingMemory } from "../../src/bridge/handoff.ts";
import { createLiveTablesMemory } from "../../src/bridge/live-memory.ts";
import { LiveTables } from "../../src/bridge/live-tables.ts";
import type { Snapshot } from "../../src/bridge/snapshot.ts";
import { createSourceMemory } from "../../src/bridge/source-memory.ts";
import { CONTROL_WORDS } from "../../src/bridge/worker-start.ts";
import { type Inbox, Outbox } from "../../src/net/batch.ts";
import { ENDPOINT_WORDS } from "../../src/net/endpoint.ts";
import { noCounts, type Plane } from "../../src/net/plane.ts";
import { Adopted } from "../../src/proxy/adopted.ts";
import { Context } from "../../src/proxy/context.ts";
import { Loop } from "../../src/proxy/loop.ts";
import type { Chance } from "./chance.ts";
import type { Setting } from "./configurations.ts";
import { RecycledMemory } from "./recycled-memory.ts";

/** Tables that are hardly ever full, and tables that mostly are. */
const ROOMY = { transactions: 3000, dialogs: 400, messageBytes: 1 << 24 };
const NARROW = { transactions: 40, dialogs: 12, messageBytes: 1 << 24 };
/** Rings of 4 KiB run full; whoever waits for room in one sees time pass. */
const RING_BYTES = [1 << 18, 1 << 12];
const PATIENCE = 64;
/** Few rows: sources push each other out. */
const SOURCES = 16;
/** The worker's clock is a wrapping one: let it wrap soon. */
const EPOCH = 0x7fff_0000;
/** The largest block of a store, and how many of them are left to a world whose store is full. */
const BLOCK = Buffer.alloc(65_536);
const SPARE_BLOCKS = 8;
/** A tick that finds this many turns of work has lost its way. */
const MOST_TICKS = 100_000;

/** Where the datagrams go that leave; the batch is good until the call returns. */
export type Sink = (outbox: Outbox) => void;

const memory = new RecycledMemory();

interface Worker {
  readonly loop: Loop;
  readonly plane: Plane;
  readonly context: Context;
  readonly toMain: Ring;
}

/** All workers of a process. The next world takes the tables' memory: one at a time. */
export class World {
  readonly workers: Worker[] = [];
  readonly live: LiveTables;
  /** Milliseconds since the world began. */
  now = 0;
  #snapshot: Snapshot;
  readonly #control: Int32Array;
  #readings = 0;
  readonly #hoards: { readonly context: Context; readonly handle: number }[] = [];
  readonly #seconds: readonly number[];

  constructor(setting: Setting, chance: Chance, inboxes: readonly Inbox[], sink: Sink) {
    const { workers, snapshot } = setting;
    const limits = chance.once(3) ? NARROW : ROOMY;
    const ringBytes = chance.pick(RING_BYTES);
    memory.recycle();
    this.#snapshot = snapshot;
    this.#seconds = Array.from({ length: workers }, (_, i) => i);
    const control = new SharedArrayBuffer((workers + 1) * CONTROL_WORDS * 4);
    this.#control = new Int32Array(control);
    const live = createLiveTablesMemory(workers);
    this.live = new LiveTables(live, 1);
    const counters = createCountersMemory(workers);
    const sources = createSourceMemory(SOURCES);
    const rings: (RingMemory | null)[][] = Array.from({ length: workers }, (_, from) =>
      Array.from({ length: workers + 1 }, (_, to) => (from === to ? null : createRingMemory(ringBytes))),
    );
    for (let index = 0; index < workers; index++) {
      this.#control[index * CONTROL_WORDS] = snapshot.generation;
      const outbox = new Outbox(sink);
      const plane: Plane = {
        inbox: inboxes[index]!,
        outbox,
        counts: noCounts(),
        run() {},
        stop() {},
      };
      const toMain = new Ring(rings[index]![workers]!);
      const start = {
        index,
        workers,
        io: "batched" as const,
        sockets: [],
        bells: [],
        coalesces: false,
        control,
        live,
        counters,
        sources,
        rings,
        streams: null,
        snapshot,
        limits,
        receiveBuffer: 0,
        priority: null,
        seed: [1, 2] as const,
      };
      const context = new Context(start, outbox, toMain, new Adopted(snapshot), EPOCH | 0, (bytes) =>
        memory.reserve(bytes),
      );
      // Secrets that can be repeated: a failure has to be the same when it is looked at again.
      Object.assign(context, { nonces: { next: () => chance.next() | 1 }, live: new LiveTables(live, chance.next()) });
      const loop = new Loop(context, plane, {
        incoming: this.#seconds.filter((i) => i !== index).map((i) => new Ring(rings[i]![index]!)),
        streams: null,
        outgoing: this.#seconds.map((i) => (i === index ? null : new Ring(rings[index]![i]!))),
        control: this.#control,
        now: () => this.#clock(),
        wake() {},
        adopt: () => {
          context.adopt(new Adopted(this.#snapshot));
        },
      });
      this.workers.push({ loop, plane, context, toMain: new Ring(rings[index]![workers]!) });
    }
  }

  /** The clock stands still between two steps of an episode, but not for ever. */
  #clock(): number {
    if (++this.#readings > PATIENCE) this.now++;
    return EPOCH + this.now;
  }

  /** Fills the stores of messages but for a few blocks. */
  hoard(): void {
    for (const { context } of this.workers) {
      for (let handle = 1; handle !== 0; ) {
        handle = context.store.put(BLOCK, 0, BLOCK.length);
        if (handle !== 0) this.#hoards.push({ context, handle });
      }
    }
    for (let i = 0; i < SPARE_BLOCKS; i++) this.#giveBack();
  }

  /** Empties them again. */
  unhoard(): void {
    while (this.#hoards.length > 0) this.#giveBack();
  }

  #giveBack(): void {
    const last = this.#hoards.pop();
    if (last !== undefined) last.context.store.drop(last.handle, BLOCK.length);
  }

  /** Gives all workers another snapshot. */
  publish(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    for (const i of this.#seconds) this.#control[i * CONTROL_WORDS] = snapshot.generation;
  }

  /** Every worker does what is due, until none has anything left, and sends it. */
  settle(): void {
    this.#readings = 0;
    for (let turns = 0; ; turns++) {
      if (turns === MOST_TICKS) throw new Error("the workers do not come to rest");
      let busy = false;
      for (const { loop, plane, toMain } of this.workers) {
        if (loop.tick() === 0) busy = true;
        plane.outbox.flush();
        while (toMain.next()) toMain.take();
      }
      // What one gives another is work for the next round.
      if (!busy && (turns > 0 || this.workers.length === 1)) return;
    }
  }

  /** A datagram reaches a worker, which sends what it has to say; the others have not been asked yet. */
  receive(worker: number, bytes: Buffer, length: number, peer: Int32Array, listener: number, local: Int32Array): void {
    const { loop, plane } = this.workers[worker]!;
    const { inbox } = plane;
    this.#readings = 0;
    bytes.copy(inbox.bytes, 0, 0, length);
    inbox.end[0] = length;
    inbox.listener[0] = listener;
    inbox.peer.set(peer.subarray(0, ENDPOINT_WORDS), 0);
    inbox.local.set(local.subarray(0, 4), 0);
    loop.receive(1);
    plane.outbox.flush();
  }

  /** The network returned a datagram. */
  refuse(worker: number, bytes: Buffer, length: number, peer: Int32Array): void {
    const { loop, plane } = this.workers[worker]!;
    loop.unreachable(bytes, 0, length, peer, 0);
    plane.outbox.flush();
  }

  /** A counter of all workers. */
  counter(index: number): number {
    let sum = 0;
    for (const { context } of this.workers) sum += context.counters.column[index]!;
    return sum;
  }
}
