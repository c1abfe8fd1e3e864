// What the stations of a message share: the worker's tables, the snapshot in force, and the message at hand. One object
// per worker, filled anew for each message; stations borrow it and keep nothing.
import { COUNTERS, type CounterName, Counters } from "../bridge/counters.ts";
import { DESTINATION_COUNTERS, type DestinationCounter } from "../bridge/destination-counters.ts";
import type { Ring } from "../bridge/handoff.ts";
import { LiveTables } from "../bridge/live-tables.ts";
import type { WorkerStart } from "../bridge/worker-start.ts";
import type { Outbox } from "../net/batch.ts";
import { ENDPOINT_WORDS } from "../net/endpoint.ts";
import { Edits } from "../sip/edits.ts";
import { TableHash } from "../sip/hash.ts";
import { Message } from "../sip/message.ts";
import { SipHash } from "../sip/siphash.ts";
import { UriView } from "../sip/uri.ts";
import type { Adopted } from "./adopted.ts";
import { AlgorithmFaults } from "./algorithm-faults.ts";
import { Branches } from "./branches.ts";
import { Dialogs } from "./dialogs.ts";
import { KeptFlows } from "./kept-flows.ts";
import { MessageStore } from "./message-store.ts";
import { Nonces } from "./nonces.ts";
import { plainMemory, type Reserve } from "./reserve.ts";
import { Flow, OwnRoute, Token } from "./route-finding.ts";
import { SourceTable } from "./source-table.ts";
import { MAX_CANDIDATES, Transactions } from "./transactions.ts";
import { Treatments } from "./treatments.ts";
import { Verdicts } from "./verdicts.ts";

/** Index of every counter by name, so that stations write `c.count(Count.loops)`. */
export const Count: { readonly [Name in CounterName]: number } = Object.fromEntries(
  COUNTERS.map((name, i) => [name, i]),
) as {
  [Name in CounterName]: number;
};

/** Index of every destination counter by name. */
export const Tally: { readonly [Name in DestinationCounter]: number } = Object.fromEntries(
  DESTINATION_COUNTERS.map((name, i) => [name, i]),
) as {
  [Name in DestinationCounter]: number;
};

/** Everything a station may use. */
export class Context {
  readonly worker: number;
  readonly workers: number;
  readonly hash: TableHash;
  /** For what others get to see, in branches and tags: from its results nobody learns what `hash` would say. */
  readonly outerHash: TableHash;
  readonly outbox: Outbox;
  readonly live: LiveTables;
  readonly counters: Counters;
  readonly transactions: Transactions;
  readonly branches: Branches;
  readonly dialogs: Dialogs;
  readonly store: MessageStore;
  readonly nonces: Nonces = new Nonces();
  /** Flows of registered phones that are kept open; null until a configuration asks for that. */
  kept: KeptFlows | null = null;
  readonly verdicts: Verdicts = new Verdicts();
  readonly sources: SourceTable;
  /** Ring to the main thread: probe answers, log and access-log records. */
  readonly toMain: Ring;
  /** Words shared with the stream worker (bridge/stream-start.ts); none where no listener is one of streams. */
  readonly streamWords: Int32Array;
  adopted: Adopted;
  readonly algorithmFaults: AlgorithmFaults;
  readonly treatments: Treatments = new Treatments();
  /** Live calls whose callee is no destination: destinations make them, and no load has them. */
  callsOutside = 0;

  /** Milliseconds, whole, since the thread began; read once per turn. */
  now = 0;
  /** Milliseconds by which the clock that all threads share is ahead of `now`. */
  skew = 0;
  /** How full the fullest queue is that leads here, of 255. */
  fill = 0;
  /** How late the stream worker is, as the fill of a queue, or how full the ring from it. */
  streamFill = 0;
  /** The same of each listener's own queue, as its last batch left it, and of the rings. */
  readonly fills: Uint8Array = new Uint8Array(64);
  ringFill = 0;

  // The message at hand.
  readonly message: Message = new Message();
  /** A second view, for looking at a stored message while one is at hand. */
  readonly other: Message = new Message();
  readonly uri: UriView = new UriView();
  readonly ownRoute: OwnRoute = new OwnRoute();
  readonly otherRoute: OwnRoute = new OwnRoute();
  readonly token: Token = new Token();
  readonly flow: Flow = new Flow();
  readonly edits: Edits = new Edits();
  listener = 0;
  readonly peer: Int32Array = new Int32Array(ENDPOINT_WORDS);
  readonly local: Int32Array = new Int32Array(4);
  /** What another worker found out about the dialog that it names (replaces.ts); 0: nothing was asked. */
  hint = 0;
  /** Whether its top Via names the address it came from. */
  isViaTrue = false;
  /** Hash of Call-ID. */
  call1 = 0;
  call2 = 0;
  /** Key of the server transaction; without transactions made only where it is asked for (`hashTransaction`). */
  key1 = 0;
  key2 = 0;
  /** Hash of everything that affects routing (RFC 5393 4.2.2). */
  loop = 0;
  /** Slot of the destination that sent it, or -1: not from the pool. */
  pool = -1;
  /** Where it shall go, when that is one place. */
  readonly target: Int32Array = new Int32Array(ENDPOINT_WORDS);
  targetSlot = -1;
  outgoing = 0;
  readonly candidates: Uint16Array = new Uint16Array(MAX_CANDIDATES);
  /** Header lines for an answer of our own, or nothing. */
  extra: Uint8Array = NOTHING;
  /** Whether `rewritten` (request-uri.ts) is the Contact of an answer of our own. */
  hasContact = false;
  /** Reason phrase for an answer of our own; empty: the usual one. */
  phrase: Uint8Array = NOTHING;

  constructor(
    start: WorkerStart,
    outbox: Outbox,
    toMain: Ring,
    adopted: Adopted,
    now: number,
    reserve: Reserve = plainMemory,
  ) {
    this.worker = start.index;
    this.workers = start.workers;
    this.now = now;
    this.hash = new TableHash(start.seed[0], start.seed[1]);
    const sip = new SipHash();
    sip.init(new Uint8Array(Int32Array.of(start.seed[0], start.seed[1], 0, 0).buffer));
    sip.final();
    this.outerHash = new TableHash(sip.hi, sip.lo);
    this.outbox = outbox;
    this.toMain = toMain;
    this.streamWords = new Int32Array(start.streams?.words ?? new SharedArrayBuffer(0));
    this.counters = new Counters(start.counters, start.index);
    this.algorithmFaults = new AlgorithmFaults(this.counters, toMain);
    this.adopted = adopted;
    this.adopt(adopted);
    this.live = new LiveTables(start.live, this.nonces.next());
    this.sources = new SourceTable(start.sources, new TableHash(start.seed[0], start.seed[1]));
    const { dialogs } = start.limits;
    // A branch parameter names its row by 24 bits.
    const transactions = Math.min(start.limits.transactions, 0xffffff);
    this.transactions = new Transactions(transactions, now, reserve);
    this.branches = new Branches(transactions, now, reserve);
    this.dialogs = new Dialogs(dialogs, now, reserve);
    this.store = new MessageStore(start.limits.messageBytes, reserve);
  }

  /** Puts a snapshot in force, between two messages. */
  adopt(adopted: Adopted): void {
    this.adopted = adopted;
    this.algorithmFaults.renew();
    adopted.onAlgorithmFault = (set, algorithm, what) => this.algorithmFaults.note(set, algorithm, what);
    this.message.watched = adopted.watched;
    this.treatments.adopt(adopted.routes);
    const { interval, flows } = adopted.snapshot.keepAlive;
    if (interval > 0) this.kept ??= new KeptFlows(Math.ceil(flows / this.workers), this.now);
  }

  /** Raises a counter of the worker. */
  count(index: number): void {
    this.counters.column[index]!++;
  }

  /** Raises a counter of a destination, if there is one. */
  tally(slot: number, index: number): void {
    if (slot >= 0) this.live.count(this.worker, slot, index);
  }
}

/** No bytes. */
export const NOTHING: Uint8Array = Buffer.alloc(0);
