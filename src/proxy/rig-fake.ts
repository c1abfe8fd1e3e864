// One worker's loop between made-up neighbours, with a clock that a test turns: what the exact tests of the proxy run on.

import type { AddressRanges } from "../bridge/address-ranges.ts";
import type { CounterName } from "../bridge/counters.ts";
import type { FailoverEntry } from "../bridge/failover-entry.ts";
import type { Rates } from "../bridge/rates.ts";
import type { RouteAction } from "../bridge/route-entry.ts";
import {
  DESTINATION_WORDS,
  DestinationColumn,
  type KeepAliveEntry,
  type OverloadEntry,
  type RequestLimits,
  type Snapshot,
  type TimerSettings,
} from "../bridge/snapshot.ts";
import { STREAM_WORDS, serialAt } from "../bridge/stream-start.ts";
import { placeOf } from "../bridge/way-back.ts";
import { ENDPOINT_WORDS, formatEndpoint, hashEndpoint, parseEndpoint } from "../net/endpoint.ts";
import { Transport } from "../net/transport.ts";
import { type Context, Count } from "./context.ts";
import { loneLoop } from "./lone-loop.ts";
import type { Loop } from "./loop.ts";
import { LostConnections } from "./lost-connections.ts";
import { checkMemory, RigPlane } from "./rig-plane.ts";
import type { StreamRings } from "./stream-rings.ts";
import { syntheticSnapshot } from "./synthetic-snapshot.ts";

/** A datagram that left, where it went, and when (milliseconds since the rig was made). */
export interface Left {
  readonly text: string;
  readonly to: string;
  readonly at: number;
  /** 0 the UDP listener, 1 the TCP one. */
  readonly listener: number;
  /** The sixth word of where it went (bridge/way-back.ts). */
  readonly word: number;
}

/** How a message comes in over a stream: the word that names its connection. */
export interface OverStream {
  readonly word: number;
}

/** What a rig may differ in. */
export interface RigOptions {
  readonly destinations?: number;
  readonly stateful?: boolean;
  readonly algorithm?: string;
  readonly maxBranches?: number;
  readonly timers?: Partial<TimerSettings>;
  readonly failover?: Partial<FailoverEntry>;
  readonly transactions?: number;
  readonly dialogs?: number;
  readonly maxCalls?: number;
  /** What the worker's clock shows at first. */
  readonly epoch?: number;
  readonly keys?: readonly Uint8Array[];
  readonly limits?: Partial<RequestLimits>;
  /** What the only route does. */
  readonly action?: RouteAction;
  readonly serverHeader?: string;
  readonly protectedHeaders?: readonly string[];
  /** Numeric addresses whose requests the listener takes. */
  readonly allow?: readonly string[];
  readonly rates?: Rates;
  readonly scanners?: readonly string[];
  /** Numeric addresses. */
  readonly trusted?: readonly string[];
  readonly overload?: Partial<OverloadEntry>;
  /** The listeners repair Contacts. */
  readonly repairsContact?: boolean;
  readonly keepAlive?: KeepAliveEntry;
  /** What the listeners are called, `host:port`. */
  readonly sentBy?: string;
  /** Makes other things of the snapshot. */
  readonly reshape?: (snapshot: Snapshot) => Snapshot;
  /** Destinations are reached over TCP. */
  readonly farTcp?: boolean;
  /** Rings of a stream worker. */
  readonly streams?: StreamRings;
}

/** RFC 3261's own values, and ours. */
export const RIG_TIMERS: TimerSettings = {
  t1: 500,
  t2: 4000,
  c: 181_000,
  linger: 32_000,
  dialog: 3_600_000,
};
/** The caller's address and port, unless a test says otherwise. */
export const CALLER = "192.0.2.3:5060";
const STEP = 10;

/** Destinations are 192.0.2.101, .102 and so on, port 5060; the balancer is 192.0.2.1:5060. */
export class Rig {
  readonly context: Context;
  /** Everything that left. */
  readonly left: Left[] = [];
  /** Milliseconds since the rig was made. */
  at = 0;
  readonly loop: Loop;
  readonly #plane: RigPlane;
  readonly #epoch: number;

  constructor(options: RigOptions = {}) {
    const plain = snapshotOf(options);
    const snapshot = options.reshape?.(plain) ?? plain;
    this.#epoch = options.epoch ?? 1000;
    this.#plane = new RigPlane((outbox) => {
      for (let i = 0; i < outbox.count; i++) {
        if (outbox.listener[i] === 1 && outbox.passOn(outbox, i)) continue;
        const text = outbox.bytes.toString("latin1", outbox.start[i], outbox.end[i]);
        const at = i * ENDPOINT_WORDS;
        const [listener, word] = [outbox.listener[i]!, outbox.peer[at + 5]!];
        this.left.push({ text, to: formatEndpoint(outbox.peer, at), at: this.at, listener, word });
      }
    });
    const { transactions = 4096, dialogs = 4096 } = options;
    const lone = loneLoop(this.#plane, {
      snapshot,
      limits: { transactions, dialogs, messageBytes: 1 << 24 },
      now: () => this.#epoch + this.at,
      incoming: options.streams === undefined ? [] : [options.streams.from],
      streams: options.streams ?? null,
      streamWords: new SharedArrayBuffer(STREAM_WORDS * 4),
    });
    this.context = lone.context;
    this.loop = lone.loop;
    checkMemory(lone.context);
  }

  /** A message comes in, as a datagram or over a stream; returns what left because of it. */
  receive(text: string, from = CALLER, stream: OverStream | null = null): readonly Left[] {
    const before = this.left.length;
    const { inbox } = this.#plane;
    inbox.end[0] = inbox.start[0]! + inbox.bytes.write(text, inbox.start[0]!, "latin1");
    const colon = from.lastIndexOf(":");
    parseEndpoint(from.slice(0, colon), Number(from.slice(colon + 1)), inbox.peer, 0);
    inbox.listener[0] = stream === null ? 0 : 1;
    inbox.peer[5] = stream?.word ?? 0;
    this.loop.receive(1);
    this.#turn();
    return this.left.slice(before);
  }

  /** Time passes; returns what left meanwhile. */
  pass(milliseconds: number, step = STEP): readonly Left[] {
    const before = this.left.length;
    for (const end = this.at + milliseconds; this.at < end; ) {
      this.at = Math.min(this.at + step, end);
      this.#turn();
    }
    return this.left.slice(before);
  }

  /** The network says that this datagram could not be delivered; with `isOurs`, that we had no room for its connection. */
  refuse({ text, to }: Pick<Left, "text" | "to" | "at">, isOurs = false): readonly Left[] {
    const before = this.left.length;
    const bytes = Buffer.from(text, "latin1");
    const peer = new Int32Array(ENDPOINT_WORDS);
    const colon = to.lastIndexOf(":");
    parseEndpoint(to.slice(0, colon), Number(to.slice(colon + 1)), peer, 0);
    this.loop.unreachable(bytes, 0, bytes.length, peer, 0, isOurs);
    this.#turn();
    return this.left.slice(before);
  }

  /** The connection to this address is lost. */
  lose(to: string): readonly Left[] {
    const before = this.left.length;
    const peer = new Int32Array(ENDPOINT_WORDS);
    const colon = to.lastIndexOf(":");
    parseEndpoint(to.slice(0, colon), Number(to.slice(colon + 1)), peer, 0);
    const lost = new LostConnections();
    lost.note(peer);
    lost.sweep(this.context);
    this.#turn();
    return this.left.slice(before);
  }

  /** A connection with this serial number is open at the place that the word names; 0: none is. */
  opens({ word }: OverStream, serial: number): void {
    this.context.streamWords[serialAt(placeOf(word))] = serial;
  }

  /** The receive queue is so full, of 255, and where queues are apart that of others: for a moment, or for `milliseconds`. */
  fillQueue(fill: number, milliseconds: number, ofOthers = fill): void {
    Object.assign(this.#plane.counts, { fill, fillOfOthers: ofOthers, queuesApart: ofOthers !== fill });
    this.loop.tick();
    if (milliseconds > 0) this.pass(milliseconds, 10);
  }

  counter(name: CounterName): number {
    return this.context.counters.column[Count[name]]!;
  }

  /** Everything that is still held; empty when nothing is. */
  held(destinations = 3): string {
    const { transactions, branches, dialogs, store, live, callsOutside } = this.context;
    const loads = Array.from({ length: destinations }, (_, slot) => live.load(slot));
    const counts = [
      transactions.count,
      branches.count,
      dialogs.count,
      dialogs.challenged,
      dialogs.doubted,
      store.used,
      callsOutside,
      ...loads,
    ];
    const armed = [transactions.wheel.armed, branches.wheel.armed, dialogs.wheel.armed];
    if ([...counts, ...armed].every((count) => count === 0)) return "";
    return `transactions ${counts[0]}, branches ${counts[1]}, dialogs ${counts[2]} (${counts[3]} challenges, ${counts[4]} doubted), ${counts[5]} bytes, ${callsOutside} calls outside, load ${loads.join(" ")}, timers ${armed.join(" ")}`;
  }

  #turn(): void {
    while (this.loop.tick() === 0);
    this.#plane.outbox.flush();
  }
}

/** The address of a destination. */
export function destinationAt(slot: number): string {
  return `192.0.2.${101 + slot}:5060`;
}

/** Single addresses, in order as they have to be. */
function rangesOf(addresses: readonly string[]): AddressRanges {
  const ranges = addresses.map((address) => {
    const words = new Int32Array(ENDPOINT_WORDS);
    parseEndpoint(address, 0, words, 0);
    return [...words.subarray(0, 4), ...words.subarray(0, 4)];
  });
  return Int32Array.from(ranges.flat());
}

function snapshotOf(options: RigOptions): Snapshot {
  const { destinations: count = 1, stateful = true, algorithm = "round-robin", maxCalls = 0 } = options;
  const memory = new SharedArrayBuffer(65_536);
  const destinations = new Int32Array(memory, 0, count * DESTINATION_WORDS);
  const endpoints = new Int32Array(memory, 16_384, 256);
  for (let slot = 0; slot < count; slot++) {
    const row = slot * DESTINATION_WORDS;
    parseEndpoint(`192.0.2.${101 + slot}`, 5060, destinations, row);
    destinations[row + DestinationColumn.listener] = options.farTcp === true ? 1 : -1;
    destinations[row + DestinationColumn.used] = 1;
    destinations[row + DestinationColumn.transport] = options.farTcp === true ? Transport.tcp : Transport.udp;
    destinations[row + DestinationColumn.maxCalls] = maxCalls;
    destinations[row + DestinationColumn.identity] = 7000 + slot;
    let place = hashEndpoint(destinations, row) & 255;
    while (endpoints[place] !== 0) place = (place + 1) & 255;
    endpoints[place] = slot + 1;
  }
  const base = syntheticSnapshot(stateful);
  const set = base.sets[0]!;
  return {
    ...base,
    sets: [
      {
        ...set,
        algorithm,
        maxBranches: options.maxBranches ?? 1,
        slots: new Uint16Array(memory, 32_768, count).map((_, i) => i),
        weights: new Uint16Array(memory, 40_960, count).fill(1),
        maxCalls: new Int32Array(memory, 49_152, count).fill(maxCalls),
        failover: { ...set.failover, ...options.failover },
      },
    ],
    destinations,
    destinationRows: count,
    endpoints,
    timers: { ...RIG_TIMERS, ...options.timers },
    routes: base.routes.map((route) => ({ ...route, action: options.action ?? route.action })),
    listeners: (["udp", "tcp"] as const).map((transport) => ({
      ...base.listeners[0]!,
      transport,
      sentBy: options.sentBy ?? base.listeners[0]!.sentBy,
      repairsContact: options.repairsContact ?? false,
      allow: rangesOf(options.allow ?? []),
    })),
    overload: { ...base.overload, ...options.overload },
    keepAlive: options.keepAlive ?? base.keepAlive,
    limits: { ...base.limits, ...options.limits },
    serverHeader: options.serverHeader ?? base.serverHeader,
    keys: options.keys ?? base.keys,
    trusted: rangesOf(options.trusted ?? []),
    rates: options.rates ?? null,
    scanners: options.scanners ?? [],
    protectedHeaders: options.protectedHeaders ?? base.protectedHeaders,
    memory,
  };
}
