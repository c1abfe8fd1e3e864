// What `fairlead explain` has to say about one message: plain data, for tables, JSON and YAML alike. Names are snake_case, as
// in the configuration and the admin API.

/** A route that was asked before the one that matched, and why it did not. */
export interface SkippedRoute {
  readonly name: string;
  readonly why: string;
}

/** The route that matched. */
export interface MatchedRoute {
  readonly name: string;
  /** `dispatch to set media`, `reject with 403`. */
  readonly action: string;
  readonly forwarding: "stateful" | "stateless" | null;
}

/** What was hashed. */
export interface HashedKey {
  /** `call-id`, `from`, `to`, `request-uri`. */
  readonly source: string;
  readonly text: string;
  /** The 32-bit hash, as Kamailio and OpenSIPS compute it. */
  readonly value: number;
}

/** A named resource of a destination. */
export interface ExplainedResource {
  readonly capacity: number;
  /** How much is in use; null: not known without a running instance. */
  readonly load: number | null;
}

/** A destination of the set, in the order in which it would be tried; those that are no candidates come last. */
export interface ExplainedDestination {
  /** 1 is the first candidate; null: not a candidate. */
  readonly order: number | null;
  readonly name: string;
  readonly uri: string;
  readonly state: string;
  readonly weight: number;
  readonly priority: number;
  /** 0: no limit. */
  readonly max_calls: number;
  /** Calls on it; null: not known without a running instance. */
  readonly load: number | null;
  /** Named resources that it has. */
  readonly resources: Readonly<Record<string, ExplainedResource>>;
  readonly outcome: "taken" | "next" | "skipped";
  readonly why: string;
}

/** What becomes of the message. */
export interface Outcome {
  readonly kind: "forwarded" | "answered" | "dropped";
  /** `10.0.0.11:5060 from udp://10.0.0.1:5060`, `404 Not Found`, or why nothing is sent. */
  readonly what: string;
  /** Counters that a running instance would raise. */
  readonly counters: readonly string[];
}

/** A line of the message before or after. */
export interface DiffLine {
  readonly sign: " " | "-" | "+";
  readonly line: string;
}

/** The whole answer. */
export interface Explanation {
  /** `INVITE sip:bob@example.com`, or the first line of what is no request. */
  readonly message: string;
  readonly source: string;
  /** The destination that has this address, `set/name`; null: traffic from outside. */
  readonly from_destination: string | null;
  readonly listener: string;
  readonly verdict: { readonly ok: boolean; readonly reason: string; readonly answer: string | null };
  /** How it was decided where it goes. */
  readonly way: string;
  readonly route: MatchedRoute | null;
  readonly skipped_routes: readonly SkippedRoute[];
  readonly set: string | null;
  readonly algorithm: string | null;
  readonly key: HashedKey | null;
  /** Names of what a call takes of its destination by this route. */
  readonly resources: readonly string[];
  readonly destinations: readonly ExplainedDestination[];
  readonly outcome: Outcome;
  /** Header lines before and after; empty when nothing is forwarded. */
  readonly changes: readonly DiffLine[];
  /** What cannot be known here. */
  readonly notes: readonly string[];
}
