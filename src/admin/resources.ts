// The shapes of the admin API's JSON, version 1: what the server writes and what its clients read. Names are snake_case, as in
// the configuration; times are ISO 8601, durations milliseconds.
import type { DestinationCounter } from "../bridge/destination-counters.ts";
import type { Serving } from "../config/tables/source-view.ts";
import type { EventType } from "../control/events.ts";
import type { ProbeMark } from "../health/probe-mode.ts";
import type { StateName } from "../health/state.ts";
import type { Probing } from "./probing.ts";

export type { EventType, StateName };

/** What an operator may do to a destination, and the state it leads to. */
export const STATE_VERBS = {
  enable: "active",
  disable: "disabled",
  drain: "draining",
  inactive: "inactive",
} as const satisfies Record<string, StateName>;
/** One of `STATE_VERBS`. */
export type StateVerb = keyof typeof STATE_VERBS;
/** States that an operator can give; `trying` comes from results only. */
export const GIVEN_STATES: readonly GivenState[] = Object.values(STATE_VERBS);
/** One of `GIVEN_STATES`. */
export type GivenState = (typeof STATE_VERBS)[StateVerb];

/** The last probe of a destination. */
export interface ProbeResource {
  readonly at: string;
  readonly outcome: "ok" | "bad";
  /** `200`, `no answer within 2000 ms`. */
  readonly what: string;
  readonly rtt_ms: number | null;
}

/** How far a drain is. */
export interface DrainResource {
  readonly calls: number;
  /** Seconds until the last of them will have ended, as far as the last calls tell; null: none has ended yet. */
  readonly eta_s: number | null;
}

/** What a counters audit found at a destination; null for both names: calls whose callee is none. */
export interface AuditedResource {
  readonly set: string | null;
  readonly destination: string | null;
  /** Calls that transactions and dialogs hold. */
  readonly ringing: number;
  readonly talking: number;
  /** By how much more was counted. */
  readonly drift: number;
}

/** A counters audit. */
export interface AuditResource {
  /** No worker is missing, and nothing differs or was left so. */
  readonly ok: boolean;
  readonly repaired: boolean;
  readonly workers: readonly number[];
  readonly missing: readonly number[];
  readonly destinations: readonly AuditedResource[];
  /** Named resources that differ; those that are right are not here. */
  readonly resources: readonly {
    readonly set: string | null;
    readonly destination: string;
    readonly resource: string;
    readonly drift: number;
  }[];
}

/** A source: a table that destinations come from. */
export interface SourceResource {
  readonly name: string;
  readonly kind: string;
  /** Its database and table, without a password. */
  readonly place: string;
  readonly serving: Serving;
  /** Rows that are in force, and how many of them make no destination. */
  readonly rows: number;
  readonly skipped: number;
  /** The first things to be said about rows, those that are left out before others. */
  readonly remarks: readonly string[];
  /** Seconds since the table was read; null: not by this process. */
  readonly age_s: number | null;
  /** Seconds until it is read again; null: on command only. */
  readonly next_s: number | null;
  /** Why it could not be read the last time, or what it had was refused; null: it could. */
  readonly error: string | null;
  /** Why its cache could not be written; null: it could, or there is none. */
  readonly cache_error: string | null;
}

/** One named resource of a destination, now. */
export interface ResourceFigures {
  readonly capacity: number;
  /** Calls that take it, over all sets that share the server's account. */
  readonly load: number;
}

/** One destination, now. */
export interface DestinationResource {
  readonly set: string;
  readonly name: string;
  /** The destination as configured that it belongs to; another than `name` where a host name stands for servers. */
  readonly configured: string;
  readonly uri: string;
  readonly state: StateName;
  /** Why it is in this state, for people. */
  readonly reason: string;
  readonly since: string;
  /** Whether new calls may go to it. */
  readonly usable: boolean;
  readonly weight: number;
  readonly priority: number;
  /** 0: no limit. */
  readonly max_calls: number;
  /** Lower is better, where the algorithm goes by it. */
  readonly score: number;
  /** Calls counted on it. */
  readonly load: number;
  /** Named resources; empty: it has none. */
  readonly resources: Readonly<Record<string, ResourceFigures>>;
  /** Failures in a row, as calls saw them. */
  readonly failures: number;
  /** Smoothed probe round trip. */
  readonly latency_ms: number | null;
  /** What `fastest` goes by: the time until the first answer, to calls and probes, with its peaks kept. */
  readonly answer_time_ms: number | null;
  /** How much of its share of new calls it gets while it starts slowly; 100: all of it. */
  readonly share_percent: number;
  /** Whether probes are sent; `paused` also while those of all destinations are (`dispatcher.ping_active`). */
  readonly probing: Probing;
  /** An operator has paused those of this destination (`PROBE_VERBS`). */
  readonly probes_paused: boolean;
  readonly last_probe: ProbeResource | null;
  /** Mean length of its last calls in seconds. */
  readonly mean_call_s: number | null;
  /** What a draining one still has; null: it is not draining. */
  readonly drain: DrainResource | null;
  /** Totals since the destination was added. */
  readonly counters: Readonly<Record<DestinationCounter, number>>;
}

/** Scores by the names of destinations, as configured; null: what the configuration says. */
export type ScoresChange = Readonly<Record<string, number | null>>;

/** A dispatcher set. */
export interface SetResource {
  readonly name: string;
  readonly algorithm: string;
  readonly destinations: number;
  readonly usable: number;
  readonly load: number;
}

/** A dispatcher set with its destinations. */
export interface SetDetailResource extends Omit<SetResource, "destinations"> {
  readonly destinations: readonly DestinationResource[];
}

/** One worker. */
export interface WorkerResource {
  readonly index: number;
  readonly ready: boolean;
  readonly restarts: number;
  /** Why it was replaced last; empty: never. */
  readonly last_failure: string;
  readonly transactions: number;
  readonly dialogs: number;
}

/** What is in progress. */
export interface CallsResource {
  readonly transactions: number;
  readonly dialogs: number;
  readonly workers: readonly WorkerResource[];
  readonly destinations: readonly Pick<DestinationResource, "set" | "name" | "state" | "load" | "max_calls">[];
}

/** Something about a configuration that was refused or is doubtful. */
export interface ProblemResource {
  readonly severity: "error" | "warning";
  /** `file:line:column`, or the path of the key. */
  readonly where: string;
  /** The parts of `where`, counted from 1; absent where it has no place in a file. */
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  readonly what: string;
  readonly hint: string;
}

/** One thing that a change changes. */
export interface DifferenceResource {
  /** `sets.media.destinations.media2.weight`; `… (order)`: the same things in another order. */
  readonly path: string;
  /** Null: it was not there. */
  readonly before: unknown;
  /** Null: it is not there any more. */
  readonly after: unknown;
}

/** The outcome of a change or a reload. */
export interface AppliedResource {
  /** Number of the configuration now in force. */
  readonly generation: number;
  readonly problems: readonly ProblemResource[];
  /** It was only tried: the configuration in force is what it was. */
  readonly dry_run: boolean;
  /** What it changes, at most 200 of them. */
  readonly changes: readonly DifferenceResource[];
}

/** The configuration in force. */
export interface ConfigurationResource {
  readonly generation: number;
  readonly loaded_at: string;
  /** In the words of fairlead.yaml, defaults included, secrets taken out. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** Totals since the process was started. */
export interface CountersResource {
  /** Of all workers together. */
  readonly workers: Readonly<Record<string, number>>;
  /** Requests by listener and method. */
  readonly requests: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Of the DNS resolver. */
  readonly dns: Readonly<Record<string, number>>;
  /** Of connections; null: no listener is one of streams. */
  readonly streams: Readonly<Record<string, number>> | null;
  readonly destinations: readonly Pick<DestinationResource, "set" | "name" | "counters">[];
}

/** A request that was meant to change something. */
export interface RequestRecord {
  readonly at: string;
  /** Name of the token; empty: there was none. */
  readonly by: string;
  /** Address of the asker. */
  readonly from: string;
  readonly method: string;
  readonly url: string;
  /** HTTP status of the answer. */
  readonly status: number;
  /** A foreign product's command, or the reason that was given. */
  readonly what?: string | undefined;
}

/** Something that happened; what else is in it depends on its type (control/events.ts). */
export interface EventResource {
  /** For `Last-Event-ID`; null: of the moment, not remembered. */
  readonly id: string | null;
  readonly at: string;
  readonly type: EventType;
  readonly [field: string]: unknown;
}

/** Whether the process takes calls. */
export interface ReadinessResource {
  readonly ready: boolean;
  /** Why not. */
  readonly reasons: readonly string[];
  readonly workers: readonly WorkerResource[];
}

/** RFC 9457 problem details: the body of every answer that is not a success. */
export interface ProblemDetails {
  readonly type: "about:blank";
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** What is wrong with a configuration that was refused. */
  readonly problems?: readonly ProblemResource[];
}

/** Settings of a destination as in fairlead.yaml, by their names there. */
export interface DestinationSettings {
  readonly weight?: number | undefined;
  readonly priority?: number | undefined;
  readonly max_calls?: number | undefined;
  readonly score?: number | undefined;
  /** Capacities of named resources. */
  readonly resources?: Readonly<Record<string, number>> | undefined;
  readonly [setting: string]: unknown;
}

/** Body of `POST /api/v1/destinations`: everything that fairlead.yaml knows about a destination, and its set. */
export interface NewDestination extends DestinationSettings {
  readonly set: string;
  readonly uri: string;
  readonly name?: string | undefined;
  readonly state?: GivenState | undefined;
  readonly probe?: ProbeMark | undefined;
  readonly attrs?: Readonly<Record<string, string>> | undefined;
}

/** Body of `PATCH /api/v1/destinations/SET/NAME`: a merge patch (RFC 7396) over its settings; null: back to the default. */
export type DestinationChange = DestinationSettings;
