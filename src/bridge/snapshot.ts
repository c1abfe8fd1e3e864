// The snapshot: everything a worker needs to handle messages, compiled by the control plane, immutable (but for capacities of
// resources that a FreeSWITCH tells), numbered, and replaced as a whole between two batches. Large tables lie in one
// SharedArrayBuffer, so that adopting one only swaps views.

import type { DestinationFacts, ResourceRule, ResourceTable, SlotChoice } from "../dispatch/types.ts";
import type { TransportName } from "../net/transport.ts";
import type { OwnAlgorithmEntry } from "../own/own-module.ts";
import type { AddressBlock } from "./address-block.ts";
import type { AddressRanges } from "./address-ranges.ts";
import type { FailoverEntry } from "./failover-entry.ts";
import type { KeyExpression } from "./key-expression.ts";
import type { Rates } from "./rates.ts";
import type { RewritingEntry } from "./request-changes.ts";
import type { RouteEntry, UriPattern } from "./route-entry.ts";

/** Words per row of `Snapshot.destinations`. */
export const DESTINATION_WORDS = 16;
/** Columns of a destination row. Columns 0-5 are the endpoint (net/endpoint.ts). */
export const DestinationColumn = {
  endpoint: 0,
  /** Row of the set, `SetEntry.index`. */
  set: 6,
  /** Listener to send from; -1: the first one of the same address family. */
  listener: 7,
  maxCalls: 8,
  /** A 32-bit identity that does not depend on slots: hash of set name, URI and name; carried by our Record-Route. */
  identity: 9,
  /**
   * 0 when the row is free, 1 when it holds a destination, and more where that is one of several behind one name: those of
   * equal SRV priority have the same number.
   */
  used: 10,
  /** A value of `Transport` (net/transport.ts); 0: one that we do not have. */
  transport: 11,
  /** A destination of UDP that has TCP too: one more than the listener by which its large requests go; 0: they go by UDP. */
  large: 12,
  /** One more than its place in `Snapshot.rewritings`; 0: none. */
  rewriting: 13,
  /** 1 when connections to it begin with a header that says for whom they are (PROXY protocol). */
  proxied: 14,
  /** Which shares a destination may ask to be spared, in percent: the least in bits 0 to 7, the most in bits 8 to 15. */
  shed: 15,
} as const;

/** A listener as a worker sees it. Index in `Snapshot.listeners` = index in the plane. */
export interface ListenerEntry {
  readonly transport: TransportName;
  readonly host: string;
  readonly port: number;
  /** `host:port` as it goes into Via and Record-Route (advertised, else bound), IPv6 in brackets. */
  readonly sentBy: string;
  readonly isV6: boolean;
  /** Bound to 0.0.0.0 or ::; the local address of each datagram then decides what goes into Via. */
  readonly isWildcard: boolean;
  /** Whose requests it takes, besides those of destinations; empty: everybody's. */
  readonly allow: AddressRanges;
  /** Whether Contacts of strangers behind NAT get their flow as a parameter. */
  readonly repairsContact: boolean;
  /** Whether our requests from here say that their connection may carry others back (RFC 5923). */
  readonly reuses: boolean;
  /** No port is open there: what has to find us by it could not. */
  readonly connectOnly: boolean;
  /** Proxies whose connections begin with a header of the PROXY protocol, and only theirs. */
  readonly proxies: readonly AddressBlock[];
}

/** Resources of all destinations, with their names by number (empty: nobody has that number). Typed arrays are views of `Snapshot.memory`. */
export interface SnapshotResources extends ResourceTable {
  readonly names: readonly string[];
}

/** A dispatcher set, compiled. Typed arrays are views of `Snapshot.memory`. */
export interface SetEntry {
  /** Row of the set: stable across reloads, as slots are. Routes, destinations, turns and transactions name a set by it. */
  readonly index: number;
  readonly name: string;
  readonly algorithm: string;
  readonly slotChoice: SlotChoice;
  readonly slots: Uint16Array;
  /** Whether some of them only serve when others of the same name cannot (SRV priorities). */
  readonly hasStandby: boolean;
  /** Whether who comes back starts slowly. */
  readonly startsSlowly: boolean;
  readonly weights: Uint16Array;
  readonly maxCalls: Int32Array;
  readonly table: Uint16Array;
  /** What is hashed instead of what the algorithm says, as in `DispatchAction`. */
  readonly key: number;
  /** See `DispatcherSet.useDefault`. */
  readonly useDefault: boolean;
  readonly rule: ResourceRule;
  /** See `DispatcherSet.facts`. */
  readonly facts: readonly DestinationFacts[];
  /** See `DispatcherSet.loadBound`. */
  readonly loadBound: number;
  /** To how many of its destinations a request goes at once; 1 where the algorithm does not fork. */
  readonly maxBranches: number;
  readonly failover: FailoverEntry;
}

/** Destinations that have left and may have calls still, as far as more than their address has to be known. Views of `Snapshot.memory`. */
export interface DepartedTable {
  /** As `Snapshot.destinations`, who left first comes first; `used` is one more than the slot that they had. */
  readonly rows: Int32Array;
  /** As `Snapshot.endpoints`: entry = row + 1. */
  readonly endpoints: Int32Array;
}

/** RFC 3261 timers and ours, in milliseconds. */
export interface TimerSettings {
  readonly t1: number;
  readonly t2: number;
  /** Timer C: an INVITE that only rings (RFC 3261 16.6, more than 3 minutes). */
  readonly c: number;
  /** How long a finished transaction is remembered (Timers D, J, L, M; RFC: 32 s over UDP). */
  readonly linger: number;
  /** A dialog without any message for this long is forgotten. */
  readonly dialog: number;
}

/** Keep-alives to registered phones on UDP. */
export interface KeepAliveEntry {
  /** Milliseconds between two; 0: off. */
  readonly interval: number;
  readonly kind: "crlf" | "options";
  /** Most phones, over all workers. */
  readonly flows: number;
}

/** How large a request may be; sizes in bytes. */
export interface RequestLimits {
  /** Start line and headers, up to and with the empty line. */
  readonly headerBytes: number;
  /** All of it. */
  readonly requestBytes: number;
  /** Header lines, folded ones once. */
  readonly headerLines: number;
  /** Via values. */
  readonly vias: number;
  readonly uriBytes: number;
}

/** A request URI of emergency calls: a URN in lower case, with all below it, or a pattern; one of the two is null. */
export interface EmergencyEntry {
  readonly urn: Uint8Array | null;
  readonly uri: UriPattern | null;
}

/** How much new work is taken; rates per second, 0: no limit. */
export interface OverloadEntry {
  readonly newCalls: number;
  readonly newRequests: number;
  /** Milliseconds of each budget that may be spent at once. */
  readonly burst: number;
  /** 503s; beyond them nothing is said. */
  readonly answers: number;
  /** Whether full queues lead to refusals. */
  readonly queues: boolean;
  /** The stream worker's event loop being so late is as much as a full queue, in milliseconds; 0: it does not count. */
  readonly streamDelay: number;
  /** Milliseconds. */
  readonly retryAfter: number;
  readonly emergency: readonly EmergencyEntry[];
}

/** One key of the Record-Route parameter and of branches: 16 bytes. The first signs, all verify. */
export type Key = Uint8Array;

/** Everything a worker needs. Structured-clonable. */
export interface Snapshot {
  readonly generation: number;
  readonly listeners: readonly ListenerEntry[];
  /** In the configuration's order; their rows need not be. */
  readonly sets: readonly SetEntry[];
  /** The algorithms of users; sets name them. */
  readonly algorithms: readonly OwnAlgorithmEntry[];
  readonly routes: readonly RouteEntry[];
  /** Keys that are more than a `KeySource`. */
  readonly expressions: readonly KeyExpression[];
  /** Rows of DESTINATION_WORDS, by slot; `destinationRows` of them. View of `memory`. */
  readonly destinations: Int32Array;
  readonly destinationRows: number;
  readonly resources: SnapshotResources;
  /** What destinations change in request URIs (`DestinationColumn.rewriting`). */
  readonly rewritings: readonly RewritingEntry[];
  /**
   * Open-addressed table, endpoint to the chain of destinations there: entry = slot + 1, 0 free; its length is a power of
   * two; a lookup starts at hashEndpoint & (length - 1) and steps by one. All destinations of one endpoint are found by
   * stepping on until a 0.
   */
  readonly endpoints: Int32Array;
  readonly departed: DepartedTable;
  readonly timers: TimerSettings;
  readonly limits: RequestLimits;
  readonly overload: OverloadEntry;
  readonly keepAlive: KeepAliveEntry;
  /** A request that is longer than this as it is sent is a large one, in bytes (RFC 3261 18.1.1). */
  readonly largeBytes: number;
  readonly keys: readonly Key[];
  readonly stateful: boolean;
  /** SIGTERM was received: new calls get 503, dialogs and retransmissions go on. */
  readonly closing: boolean;
  /** Write an access-log record for every finished transaction. */
  readonly accessLog: boolean;
  /** Value of the Server header of our own answers; empty: none. */
  readonly serverHeader: string;
  /** Sources whose protected headers are passed on; destinations are trusted anyway. */
  readonly trusted: AddressRanges;
  /** Patterns over the User-Agent of strangers that are not answered. */
  readonly scanners: readonly string[];
  /** Null: nobody is limited. */
  readonly rates: Rates | null;
  /** Names of headers that are left out of requests of all other sources. */
  readonly protectedHeaders: readonly string[];
  readonly memory: SharedArrayBuffer;
}
