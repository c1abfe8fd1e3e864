// What the data plane knows about destinations, and what an algorithm is. Readonly data: who exists is compiled by the
// control plane, who is well is read through `Live`.

/**
 * What a worker must hash before it asks an algorithm: nothing, or one of the message's identities. Two are no hashes: `isInvite`, 1
 * for an INVITE, 0 for everything else; `resources`, what the request needs (resources.ts `demandOf`).
 */
export const KeySource = {
  none: 0,
  callId: 1,
  from: 2,
  to: 3,
  requestUri: 4,
  isInvite: 5,
  authUser: 6,
  resources: 7,
} as const;
export type KeySource = (typeof KeySource)[keyof typeof KeySource];

/**
 * Destination states, as stored in the live tables (Kamailio: A, T, I, D; draining is ours). standby: well, but kept for when
 * those of better SRV priority are not; never a state of its own accord, always what the live tables show instead of it.
 * resting: well, but it asked for no new requests for a while; ejected: well, but too many new requests failed there. Both are marks
 * beside the state in the live tables, and only shown as states.
 */
export const DestinationState = {
  active: 0,
  trying: 1,
  inactive: 2,
  disabled: 3,
  draining: 4,
  standby: 5,
  resting: 6,
  ejected: 7,
} as const;
export type DestinationState = (typeof DestinationState)[keyof typeof DestinationState];

/** One server we may send to. Data only; its health and load live in the live tables, in row `slot`. */
export interface Destination {
  /** Row in the live tables and in the snapshot's destination table; stable across reloads. */
  readonly slot: number;
  /** The URI as configured, e.g. `sip:10.0.0.11:5060`. */
  readonly uri: string;
  /** The operator's name, or the URI where none was given. */
  readonly name: string;
  /** Relative share, an integer of 0 or more (0: the last resort under weighted algorithms; all 0: equal shares). */
  readonly weight: number;
  /** The higher number is preferred (Kamailio, OpenSIPS). */
  readonly priority: number;
  /** Most calls at a time; 0 means no limit. */
  readonly maxCalls: number;
  /** Its weight or latency goes by how much slower it is than usual (Kamailio's `cc`); only `kamailio:11` and `kamailio:13` look at it. */
  readonly congestionControl?: boolean;
}

/** What the configuration says of a destination in words. */
export interface DestinationFacts {
  readonly uri: string;
  /** The operator's own words, without those that were pushed. */
  readonly attrs: Readonly<Record<string, string>>;
  /** What OpenSIPS's `ds_push_script_attrs` has put beside them; empty: nothing. */
  readonly scriptAttrs: string;
}

/** How a hash algorithm goes on when the slot it computed is not usable. */
export const SlotChoice = {
  /** The whole share of a dead destination is spread over all that remain. */
  spread: 0,
  /** Kamailio: `hash mod N`, then the next index, wrapping around. */
  kamailio: 1,
} as const;
export type SlotChoice = (typeof SlotChoice)[keyof typeof SlotChoice];

/**
 * How much the destinations of a snapshot have of each named resource: a row per slot, `stride` columns, one for each resource by
 * its number (0 to 30).
 */
export interface ResourceTable {
  readonly stride: number;
  /** Row of the account on which a slot's resources are counted, by slot; -1: it has none. */
  readonly accounts: Int32Array;
  /** At `slot * stride + number`; -1: it has none of it. */
  readonly capacities: Int32Array;
}

/** How a set goes by resources (OpenSIPS's `load_balancer`: the flags r, n and s). */
export interface ResourceRule {
  /** What is free counts as a share of the capacity, in whole percents, and not as a number. */
  readonly isRelative: boolean;
  /** Who is full is taken all the same, when nobody has room. */
  readonly mayOverbook: boolean;
  /** Chance decides among equals, and not the set's order. */
  readonly isByChance: boolean;
}

/** A dispatcher set as a worker sees it. */
export interface DispatcherSet {
  /** Row of the set in the live tables (its turn counter). */
  readonly index: number;
  readonly name: string;
  readonly algorithm: Algorithm;
  readonly slotChoice: SlotChoice;
  /** The slots of the set's destinations, in the set's order (priority descending; see `orderDestinations`). */
  readonly slots: Uint16Array;
  /** Weights, by position in `slots`. */
  readonly weights: Uint16Array;
  /** Capacities (0: none), by position in `slots`. */
  readonly maxCalls: Int32Array;
  /** What the algorithm's `compile` returned. */
  readonly table: Uint16Array;
  /** The last one is kept for when no other can (Kamailio's `use_default`); only `compat` algorithms look at it. */
  readonly useDefault: boolean;
  readonly resources: ResourceTable;
  readonly rule: ResourceRule;
  /** By position in `slots`; empty unless the algorithm wants them. */
  readonly facts: readonly DestinationFacts[];
  /** How many times its share of all calls a destination may have; above 1. Only algorithms that use a bound look at it. */
  readonly loadBound: number;
}

/** All that an algorithm may see of the present. */
export interface Live {
  /** Whether new requests may go to this slot (active or trying; not full is the algorithm's or the caller's question). */
  isUsable(slot: number): boolean;
  /** Calls counted on this slot, over all workers. */
  load(slot: number): number;
  /** How much of a resource is in use on an account, over all workers. */
  resourceLoad(account: number, resource: number): number;
  /** Smoothed probe round trip in microseconds; 0 when unknown. */
  latency(slot: number): number;
  /** By how many whole milliseconds that is above its average of a long time; 0: it is not. */
  congestion(slot: number): number;
  /**
   * Microseconds until the first answer to a request or probe, with the peaks kept: a slower answer counts at once, quicker ones by an
   * eighth each; 0 when unknown.
   */
  answerTime(slot: number): number;
  /** What it was told to be worth, lower is better; 0 where nobody has said. */
  score(slot: number): number;
  /** Whether this request is one of those that the destination wants to be spared of (RFC 7339); each time it is asked is one request. */
  sheds(slot: number): boolean;
  /** Takes the set's next turn: 0, 1, 2, ... shared by all workers, wrapping at 2^31. */
  turn(setIndex: number): number;
  /** The set's turn as it stands, 32 bits: for algorithms that go on from whom they chose, and not by counting. */
  cursor(setIndex: number): number;
  /** Moves the cursor if it still stands at `from`; false when another worker was faster. */
  moveCursor(setIndex: number, from: number, to: number): boolean;
  /** 32 random bits, as a signed number: V8 boxes larger ones. */
  random(): number;
}

/** How candidates are ordered. Stateless: what it remembers is in `table` (compiled) or behind `Live`. */
export interface Algorithm {
  readonly name: string;
  /** One sentence for `--help` and the reference page. */
  readonly summary: string;
  /** What a worker must hash first. */
  readonly key: KeySource;
  /** Numbers of Kamailio's dispatcher for which this is our answer; the importer and the command line translate them. */
  readonly kamailio?: readonly number[];
  /** What is hashed instead where a request has nothing of what `key` names; absent: `select` is given 0. */
  readonly keyElse?: KeySource;
  /** A port in the URI that is hashed does not count where it is that of the URI's transport; else, that of its scheme. */
  readonly portByTransport?: boolean;
  /** It has no key of its own: the set must say what is hashed. */
  readonly needsKey?: boolean;
  /** What it looks at besides health: weights, the order of destinations (priority), answer times, a bound on calls, congestion control, scores. */
  readonly uses?: readonly ("weight" | "order" | "latency" | "bound" | "congestion" | "score")[];
  /** What decides besides the message, so that the next such request may go elsewhere: `the turn`. */
  readonly goesBy?: string;
  /** At failover the candidates are chosen anew, by what is so then, among those that were not tried (OpenSIPS's `lb_next`). */
  readonly choosesAgain?: boolean;
  /** All candidates of the set get the request at once, as branches (RFC 3261 16.6), and not one after the other. */
  readonly forks?: boolean;
  /** It reads weights at each choice, so that they may change between two. */
  readonly weighsNow?: boolean;
  /** It looks at what its destinations are in words. */
  readonly wantsFacts?: boolean;
  /** Destinations are asked how much they want to be spared, and that is heeded (RFC 7339). */
  readonly heedsOverload?: boolean;
  /** Whether retransmission, CANCEL and ACK find the same destination without state (RFC 3261 16.11). */
  readonly isPure: boolean;
  /**
   * Control plane, once per change: the lookup table this algorithm wants to see. `destinations` are in the set's order;
   * table entries are positions in that order.
   */
  compile(destinations: readonly Destination[]): Uint16Array;
  /**
   * Data plane, once per new request: fills `out` with usable slots, best first, at most `out.length`; returns how many.
   * Every usable destination appears at most once. `key` is any 32-bit number, signed or not. Does not allocate.
   */
  select(set: DispatcherSet, key: number, live: Live, out: Uint16Array): number;
}
