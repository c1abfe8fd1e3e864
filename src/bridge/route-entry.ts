// A routing rule as a worker sees it: which requests it is for, and what becomes of them.
import type { Translation } from "../dispatch/translation.ts";
import type { AddressBlock } from "./address-block.ts";
import type { FailoverEntry, FailureAnswer } from "./failover-entry.ts";
import type { HeaderEdits, MatchEntry } from "./request-changes.ts";

/** A pattern over a URI's user and host: bytes with `*` (0x2a) for any run. Null matches everything. Hosts in lower case. */
export interface UriPattern {
  readonly user: Uint8Array | null;
  readonly host: Uint8Array | null;
}

/** Which registrations get our Path (RFC 3327): all, those that say they support it, or none. */
export type PathPolicy = "always" | "supported" | "never";

/**
 * How requests of a route are treated once they have a set. A transaction keeps the treatment that it began with, whatever
 * is configured later: what it sends again has to be the same again.
 */
export interface Treatment {
  /** Short; treatments with the same one do the same, in this snapshot and in others. */
  readonly identity: string;
  /** Instead of the first set's; null: that one. */
  readonly failover: FailoverEntry | null;
  /** Whether host, port and parameters of the request URI become the destination's. */
  readonly rewritesHost: boolean;
  /** The first that matches the user of the request URI gives it another one. */
  readonly translations: readonly Translation[];
  /** Null: none. */
  readonly headers: HeaderEdits | null;
}

/** A route that leads to a set, or to several. */
export interface DispatchAction {
  readonly kind: "dispatch";
  readonly set: number;
  /** Sets whose candidates follow those of `set`. */
  readonly others: readonly number[];
  /** Null: as the set says, and nothing changes. */
  readonly treatment: Treatment | null;
  /** The answer when no destination is usable; null: 503 with the Retry-After of that moment. */
  readonly noDestination: FailureAnswer | null;
  /** What is hashed instead of what the set says: a `KeySource` or an expression (`FIRST_EXPRESSION`); -1: nothing else. */
  readonly key: number;
  /** Resources that a call takes where it goes: a bit for each, by its number. */
  readonly resources: number;
  readonly stateful: boolean;
  readonly path: PathPolicy;
}

/** A route that sends callers elsewhere. */
export interface RedirectAction {
  readonly kind: "redirect";
  readonly status: number;
  readonly reason: string;
  /** Empty: to a destination of `set`. */
  readonly contact: string;
  /** Row of a set; -1: none. */
  readonly set: number;
}

/** What a route does. */
export type RouteAction =
  | DispatchAction
  | { readonly kind: "forward"; readonly stateful: boolean }
  | { readonly kind: "reject"; readonly status: number; readonly reason: string; readonly retryAfter: number }
  | RedirectAction
  | { readonly kind: "drop" };

/** One routing rule; the first that matches wins. */
export interface RouteEntry {
  readonly name: string;
  /** Method tokens as bytes; empty: any. */
  readonly methods: readonly Uint8Array[];
  readonly requestUri: UriPattern | null;
  readonly from: UriPattern | null;
  readonly to: UriPattern | null;
  /** All of them have to hold. */
  readonly match: readonly MatchEntry[];
  /** Source blocks; empty: any. */
  readonly source: readonly AddressBlock[];
  /**
   * Traffic from the pool: the row of a set, -2 any set. -1: this rule is for everyone else, and never for a source that
   * is one of the destinations.
   */
  readonly fromSet: number;
  /** What a call takes of the destination that makes it: a bit for each resource. */
  readonly senderResources: number;
  /** Index of a listener; -1 any. */
  readonly listener: number;
  readonly action: RouteAction;
}

/** The rule for every request of everybody but destinations: what others say besides is what they ask for. */
export function routeOfAll(name: string, action: RouteAction): RouteEntry {
  return {
    name,
    methods: [],
    requestUri: null,
    from: null,
    to: null,
    match: [],
    source: [],
    fromSet: -1,
    senderResources: 0,
    listener: -1,
    action,
  };
}
