// The snapshot as one worker uses it: algorithms looked up by name, header lines of each listener spelled out, failover
// codes as a bitmap. Built once per generation, between two batches.

import { BRANCH_BYTES } from "../bridge/branch-format.ts";
import type { RouteEntry } from "../bridge/route-entry.ts";
import { DESTINATION_WORDS, DestinationColumn, type ListenerEntry, type Snapshot } from "../bridge/snapshot.ts";
import { copyEndpoint, ENDPOINT_WORDS, hashEndpoint, parseEndpoint, sameEndpoint } from "../net/endpoint.ts";
import { defaultPort, isStream, TRANSPORTS, Transport } from "../net/transport.ts";
import type { FaultListener } from "../own/guarded.ts";
import { HANG_WORDS, HangWatch } from "../own/hang-watch.ts";
import { Header, headerOf } from "../sip/header.ts";
import { ascii } from "../sip/scan.ts";
import type { Via } from "../sip/via.ts";
import { type Budgets, budgetsOf } from "./budget.ts";
import { type Reliefs, reliefsOf } from "./reliefs.ts";
import { retryAfterLines } from "./retry-after.ts";
import { Scanners } from "./scanner-names.ts";
import { type RewritingBytes, setsInRows, spellOutAnswer, spellOutRewriting, type WorkerSet } from "./worker-set.ts";

/** A listener with its header lines spelled out, and the addresses by which others may name it. */
export interface WorkerListener {
  readonly entry: ListenerEntry;
  /** Whether its messages come over connections: nothing is lost on the way, and nothing is sent twice. */
  readonly isStream: boolean;
  readonly transport: Transport;
  /** The port of its transport where none is given. */
  readonly defaultPort: number;
  /** Address family and transport as one number: `kindOf`. */
  readonly kind: number;
  /** `Via: SIP/2.0/UDP `, up to sent-by. */
  readonly via: Buffer;
  /** What follows sent-by in our Record-Route: `;lr;fl=`, with the transport before it where that is not UDP. */
  readonly routeParams: Buffer;
  /**
   * `Via: SIP/2.0/UDP host:port;branch=z9hG4bK`, room for our branch parameter at `headBranch`, the line end up to
   * `headVia`, then `Max-Breadth: 60` (RFC 5393 5.3.3) with its own.
   */
  readonly head: Buffer;
  /** The same for readers of whole words. */
  readonly headView: DataView;
  readonly headBranch: number;
  readonly headVia: number;
  /** `Record-Route: <sip:host:port;lr;fl=`. */
  readonly recordRoute: Buffer;
  /** The URI in it up to the token: `sip:host:port;lr;fl=`. */
  readonly routeUri: Buffer;
  /** The same for readers of whole words. */
  readonly routeView: DataView;
  /** `host:port` as it goes into Via, and what follows it in our Path: `;lr`, with the transport before it. */
  readonly sentBy: Buffer;
  readonly pathParams: Buffer;
  readonly port: number;
  /** Bound to all addresses and advertising none: the local address of each message goes into Via and Record-Route. */
  readonly isLocal: boolean;
  /** The address it is bound to. */
  readonly bound: Int32Array;
  /** Host of sent-by in lower case, as address words when it is numeric, and its port. */
  readonly sentByHost: Buffer;
  readonly advertised: Int32Array;
  readonly isAdvertisedNumeric: boolean;
  readonly advertisedPort: number;
}

/** Reason phrase and header lines of a route that answers by itself; both may be empty. */
export interface RouteAnswer {
  readonly phrase: Uint8Array;
  readonly extra: Uint8Array;
}

/** A snapshot, adopted. */
export class Adopted {
  readonly snapshot: Snapshot;
  readonly listeners: readonly WorkerListener[];
  /** By row; a transaction may name a row that has no set any more. */
  readonly sets: readonly WorkerSet[];
  readonly routes: readonly RouteEntry[];
  /** By row of the set: who goes on without it. */
  readonly reliefs: readonly (Reliefs | undefined)[];
  /** The sets, -2 for any, whose members have routes that others have not; that all of them are forwarded is none. */
  readonly senderSets: Int32Array;
  /** By place (`DestinationColumn.rewriting`, less one). */
  readonly rewritings: readonly RewritingBytes[];
  /** The Server line of our own answers, or nothing. */
  readonly serverLine: Uint8Array;
  /** Whether any message may need a transaction here (else nothing is handed to an owner); and whether some get none. */
  readonly anyStateful: boolean;
  readonly anyStateless: boolean;
  /** Whether some emergency calls are known by a pattern, and not by a URN. */
  readonly hasEmergencyPatterns: boolean;
  /** Whether some destinations are asked how much they want to be spared. */
  readonly heedsOverload: boolean;
  /** How much new work is taken. */
  readonly budgets: Budgets;
  /** The Retry-After lines of those who are sent away (busy.ts); at least one. */
  readonly busyLines: readonly Uint8Array[];
  /** Headers that are left out of what strangers send, by number; `Header.watched` stands for all of `watched`. */
  readonly protectedHeaders: Uint8Array;
  /** Protected names without a number of their own, in lower case. */
  readonly watched: readonly Uint8Array[];
  /** Whether anybody is kept out before being read. Whoever wants all to be read clears it; nobody gets further by that. */
  hasGate: boolean;
  /** Null: none are looked for. */
  readonly scanners: Scanners | null;
  /** Hears when a user's algorithm fails; nobody does until somebody adopts this. */
  onAlgorithmFault: FaultListener = () => {};
  readonly #answers: Map<RouteEntry, RouteAnswer> = new Map();
  readonly #endpoints: Int32Array;
  readonly #rows: Int32Array;
  readonly #source: Int32Array = new Int32Array(ENDPOINT_WORDS);
  /** The first listener of each kind, -1: none. */
  readonly #first: Int32Array = new Int32Array(2 * TRANSPORTS).fill(-1);

  /** `watch`: that of the worker, where it has one. */
  constructor(snapshot: Snapshot, watch: HangWatch = new HangWatch(new Int32Array(HANG_WORDS))) {
    this.snapshot = snapshot;
    this.listeners = snapshot.listeners.map(spellOut);
    const onFault: FaultListener = (set, algorithm, what) => this.onAlgorithmFault(set, algorithm, what);
    this.sets = setsInRows(snapshot, { onFault, watch });
    this.routes = snapshot.routes;
    this.reliefs = reliefsOf(snapshot.routes);
    const own = snapshot.routes.filter(
      ({ fromSet, action }) => fromSet >= 0 || (fromSet === -2 && action.kind !== "forward"),
    );
    this.senderSets = Int32Array.from(new Set(own.map(({ fromSet }) => fromSet)));
    this.heedsOverload = this.sets.some((set) => set?.heedsOverload === true);
    this.rewritings = snapshot.rewritings.map(spellOutRewriting);
    const { serverHeader } = snapshot;
    this.serverLine = Buffer.from(serverHeader === "" ? "" : `Server: ${serverHeader}\r\n`, "latin1");
    const are = (stateful: boolean) =>
      snapshot.stateful === stateful ||
      snapshot.routes.some(({ action }) => "stateful" in action && action.stateful === stateful);
    this.anyStateful = are(true);
    this.anyStateless = are(false);
    this.hasEmergencyPatterns = snapshot.overload.emergency.some(({ uri }) => uri !== null);
    this.budgets = budgetsOf(snapshot.overload);
    this.busyLines = retryAfterLines(snapshot.overload.retryAfter);
    const names = snapshot.protectedHeaders.map((name) => ascii(name.toLowerCase()));
    const numberOf = (name: Uint8Array): Header => headerOf(name, 0, name.length);
    this.watched = names.filter((name) => numberOf(name) === Header.other);
    this.hasGate = snapshot.rates !== null || snapshot.listeners.some(({ allow }) => allow.length > 0);
    this.scanners = snapshot.scanners.length > 0 ? new Scanners(snapshot.scanners) : null;
    this.protectedHeaders = Uint8Array.from(new Set(names.map((name) => numberOf(name) || Header.watched)));
    for (const route of snapshot.routes) this.#answers.set(route, answerOf(route));
    this.#endpoints = snapshot.endpoints;
    this.#rows = snapshot.destinations;
    for (const { kind } of this.listeners)
      if (this.#first[kind] === -1) this.#first[kind] = this.listeners.findIndex((listener) => listener.kind === kind);
  }

  /** What a route that answers by itself says. */
  routeAnswer(route: RouteEntry): RouteAnswer {
    return this.#answers.get(route)!;
  }

  /** Whether a destination is at this very address and port, over the listener's transport. */
  isDestination(peer: Int32Array, listener: number): boolean {
    return this.slotAt(peer, 0, this.listeners[listener]!.transport) >= 0;
  }

  /** Slot of the first destination at this very address, port and transport, or -1. */
  slotAt(peer: Int32Array, at: number, transport: Transport): number {
    return this.slotInSet(peer, at, transport, -2, 0);
  }

  /** Slot of the next destination at this very address, port and transport behind the one in `slot` (-1: of the first), or -1. */
  nextSlotAt(peer: Int32Array, at: number, transport: Transport, slot: number): number {
    const table = this.#endpoints;
    const rows = this.#rows;
    const mask = table.length - 1;
    let isBehind = slot < 0;
    for (let i = hashEndpoint(peer, at) & mask; table[i] !== 0; i = (i + 1) & mask) {
      const next = table[i]! - 1;
      const row = next * DESTINATION_WORDS;
      const isHere = sameEndpoint(rows, row, peer, at) && rows[row + DestinationColumn.transport] === transport;
      if (isBehind && isHere) return next;
      isBehind ||= next === slot;
    }
    return -1;
  }

  /**
   * Slot of the destination in set `set` (-2: any) that a request comes from, or -1: by address and port; over a stream by
   * its address and the port of its Via, because a destination connects from a port of its system's choosing.
   */
  poolSlot(listener: number, peer: Int32Array, via: Via, set: number): number {
    const { isStream, transport, defaultPort } = this.listeners[listener]!;
    const slot = this.slotInSet(peer, 0, transport, set, 0);
    if (slot >= 0 || !isStream) return slot;
    copyEndpoint(peer, 0, this.#source, 0);
    this.#source[4] = via.port === 0 ? defaultPort : via.port;
    return this.slotInSet(this.#source, 0, transport, set, 0);
  }

  /** Slot of a destination at this endpoint in set `set` (-2: any) with this identity (0: any), or -1. */
  slotInSet(peer: Int32Array, at: number, transport: Transport, set: number, identity: number): number {
    const table = this.#endpoints;
    const rows = this.#rows;
    const mask = table.length - 1;
    for (let i = hashEndpoint(peer, at) & mask; table[i] !== 0; i = (i + 1) & mask) {
      const slot = table[i]! - 1;
      const row = slot * DESTINATION_WORDS;
      if (
        sameEndpoint(rows, row, peer, at) &&
        rows[row + DestinationColumn.transport] === transport &&
        (set === -2 || rows[row + DestinationColumn.set] === set) &&
        (identity === 0 || rows[row + DestinationColumn.identity] === identity)
      ) {
        return slot;
      }
    }
    return -1;
  }

  /** The listener to send from towards an address, given the one that the request came in by; -1: there is none. */
  outgoing(incoming: number, isV6: boolean, transport: number): number {
    const kind = kindOf(isV6, transport);
    return this.listeners[incoming]!.kind === kind ? incoming : this.#first[kind]!;
  }

  /** Whether this is the index of a listener that can send to such an address over this transport. */
  canSend(listener: number, isV6: boolean, transport: number): boolean {
    return listener < this.listeners.length && this.listeners[listener]!.kind === kindOf(isV6, transport);
  }

  /** Offset of a destination's row in `snapshot.destinations`. */
  row(slot: number): number {
    return slot * DESTINATION_WORDS;
  }
}

/** Address family and transport of a listener as one number. */
function kindOf(isV6: boolean, transport: number): number {
  return transport * 2 + (isV6 ? 1 : 0);
}

function spellOut(entry: ListenerEntry): WorkerListener {
  const colon = entry.sentBy.lastIndexOf(":");
  const host = entry.sentBy.slice(0, colon);
  const advertisedPort = Number(entry.sentBy.slice(colon + 1));
  const transport = Transport[entry.transport];
  const start = `Via: SIP/2.0/${entry.transport.toUpperCase()} `;
  const via = `${start}${entry.sentBy};branch=z9hG4bK`;
  const pathParams = `${isStream(transport) ? `;transport=${entry.transport}` : ""};lr`;
  const routeParams = `${pathParams};fl=`;
  const routeUri = Buffer.from(`sip:${entry.sentBy}${routeParams}`, "latin1");
  const alias = entry.reuses ? ";alias" : "";
  const head = Buffer.from(`${via}${"0".repeat(BRANCH_BYTES)}${alias}\r\nMax-Breadth: 60\r\n`, "latin1");
  const bound = new Int32Array(ENDPOINT_WORDS);
  parseEndpoint(entry.host, entry.port, bound, 0);
  const advertised = new Int32Array(ENDPOINT_WORDS);
  return {
    entry,
    isStream: isStream(transport),
    transport,
    defaultPort: defaultPort(transport),
    kind: kindOf(entry.isV6, transport),
    via: Buffer.from(start, "latin1"),
    routeParams: Buffer.from(routeParams, "latin1"),
    head,
    headView: new DataView(head.buffer, head.byteOffset, head.length),
    headBranch: via.length,
    headVia: via.length + BRANCH_BYTES + alias.length + 2,
    recordRoute: Buffer.from(`Record-Route: <sip:${entry.sentBy}${routeParams}`, "latin1"),
    routeUri,
    routeView: new DataView(routeUri.buffer, routeUri.byteOffset, routeUri.length),
    sentBy: Buffer.from(entry.sentBy, "latin1"),
    pathParams: Buffer.from(pathParams, "latin1"),
    port: entry.port,
    isLocal: entry.isWildcard && (host === entry.host || host === `[${entry.host}]`),
    bound,
    sentByHost: Buffer.from(host.toLowerCase(), "latin1"),
    advertised,
    isAdvertisedNumeric: parseEndpoint(host, advertisedPort, advertised, 0),
    advertisedPort,
  };
}

function answerOf(route: RouteEntry): RouteAnswer {
  const { action } = route;
  const text = (value: string): Uint8Array => Buffer.from(value, "utf8");
  if (action.kind === "reject") return spellOutAnswer(action);
  if (action.kind === "redirect")
    return {
      phrase: text(action.reason),
      extra: text(action.contact === "" ? "" : `Contact: <${action.contact}>\r\n`),
    };
  return { phrase: text(""), extra: text("") };
}
