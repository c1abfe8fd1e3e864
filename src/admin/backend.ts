// What the admin API needs of the process, as plain data and functions. The control plane satisfies it (main.ts fits the two
// together); the API itself holds no state.

import type { LiveTables } from "../bridge/live-tables.ts";
import type { StreamCounter } from "../bridge/stream-start.ts";
import type { AccessToken } from "../config/schema.ts";
import type { DestinationConfig } from "../config/sections/destination.ts";
import type { RowReport, SourceView } from "../config/tables/source-view.ts";
import type { EventLog } from "../control/events.ts";
import type { ProbeMark } from "../health/probe-mode.ts";
import type { CallPageView } from "./call-list.ts";
import type { Probing } from "./probing.ts";
import type {
  DestinationChange,
  NewDestination,
  ProbeResource,
  ProblemResource,
  ResourceFigures,
  StateName,
} from "./resources.ts";

/** A listener; the index is its number in counters. */
export interface ListenerView {
  readonly name: string;
  /** `udp://10.0.0.1:5060`. */
  readonly uri: string;
  readonly transport: string;
}

/** The resolver's view of the world. */
export interface DnsView {
  readonly counts: Readonly<Record<string, number>>;
  readonly names: number;
  readonly stale: number;
}

/** A dispatcher set of the configuration in force. */
export interface SetView {
  readonly name: string;
  readonly algorithm: string;
}

/** A destination of the configuration in force, with what health knows about it. Load and counters are in the live tables. */
export interface DestinationView {
  readonly slot: number;
  readonly set: string;
  /** Its own name; where its URI holds a host name, that is the configured name and the address. */
  readonly name: string;
  /** The name of the destination as configured: its rows share it. */
  readonly configured: string;
  readonly uri: string;
  readonly weight: number;
  readonly priority: number;
  readonly maxCalls: number;
  /** Named resources, as they are at the moment. */
  readonly resources: Readonly<Record<string, ResourceFigures>>;
  /** As its URI says, without brackets. */
  readonly host: string;
  /** Numeric, without brackets; empty: it has none. */
  readonly address: string;
  readonly port: number;
  readonly transport: string;
  /** The listener asked for; undefined: any that fits. */
  readonly listener: string | undefined;
  /** How its probes differ from those of its set. */
  readonly probed?: Pick<DestinationConfig, "probeListener" | "probeFrom">;
  /** The operator's own words about it. */
  readonly attrs: Readonly<Record<string, string>>;
  /** `never`: no probes. */
  readonly probe: ProbeMark;
  /** Whether probes are sent: `off` where the configuration asks for none, `paused` where an operator has paused them, or those of all. */
  readonly probing: Probing;
  /** An operator has paused those of this very destination as configured. */
  readonly isPaused: boolean;
  /** It carries the probing mark (Kamailio's P). */
  readonly isMarked: boolean;
  readonly state: StateName;
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly lastProbe: ProbeResource | null;
  /** Results of probes and calls in a row that speak for another state. */
  readonly resultsInRow: number;
  /** Round trips of probes: standard deviation and the longest, in milliseconds, and how many had no answer; null: it is not probed. */
  readonly roundTrips: { readonly deviation: number; readonly most: number; readonly timeouts: number } | null;
  /** Mean length of its last calls, and the time until those on it now will have ended; seconds, null: unknown. */
  readonly meanCall: number | null;
  readonly untilEmpty: number | null;
}

/** A row of the counters audit; null for both names: calls whose callee is no destination. */
export interface AuditedView {
  readonly set: string | null;
  readonly name: string | null;
  readonly ringing: number;
  readonly talking: number;
  /** By how much its load was too high. */
  readonly drift: number;
}

/** What a counters audit found. */
export interface AuditView {
  readonly workers: readonly number[];
  /** Workers that did not answer in time. */
  readonly missing: readonly number[];
  readonly rows: readonly AuditedView[];
  /** Named resources of which more (or less) is counted than calls hold. */
  readonly resources: readonly {
    readonly set: string | null;
    readonly name: string;
    readonly resource: string;
    readonly drift: number;
  }[];
}

/** A worker as main sees it. */
export interface WorkerView {
  readonly index: number;
  /** Warm and receiving. */
  readonly ready: boolean;
  /** How often it was replaced. */
  readonly restarts: number;
  /** Why it was replaced last; empty: never. */
  readonly lastFailure: string;
  readonly transactions: number;
  readonly dialogs: number;
  /** Flows that it keeps open for registered phones. */
  readonly keptFlows: number;
  /** How full the fullest queue is that leads to it, 0 to 1. */
  readonly fill: number;
}

/** Connections and their worker. */
export interface StreamsView {
  /** It listens. */
  readonly ready: boolean;
  /** Open now. */
  readonly connections: number;
  /** Those of `connections` for SIP over TCP over which no headers have come to their end yet. */
  readonly unheard: number;
  /** Connections for TLS whose handshake has not ended, or not begun; not among `connections`. */
  readonly unsecured: number;
  readonly counters: Readonly<Record<StreamCounter, number>>;
  /** How often the stream worker was replaced. */
  readonly restarts: number;
  /** How late its event loop is, without a break, in milliseconds. */
  readonly delay: number;
}

/** Who may use the API, and which foreign commands it answers. */
export interface AccessView {
  /** None: everybody may do everything. */
  readonly tokens: readonly AccessToken[];
  readonly kamailioRpc: boolean;
  readonly opensipsMi: boolean;
}

/** A certificate of ours. */
export interface CertificateView {
  readonly profile: string;
  /** As the configuration names it. */
  readonly file: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** The process. */
export interface ProcessView {
  readonly version: string;
  /** Number of the configuration in force. */
  readonly generation: number;
  /** SIGTERM was received: no new calls. */
  readonly closing: boolean;
  /** Reloads that were published, and those that were refused. */
  readonly reloads: { readonly ok: number; readonly failed: number };
  /** When the configuration in force was published; milliseconds since 1970. */
  readonly loadedAt: number;
}

/** All or nothing: applied and in force on every worker, or refused with its problems. */
export interface Applied {
  readonly ok: boolean;
  readonly generation: number;
  readonly problems: readonly ProblemResource[];
  /** The configuration before and after, as `config()` says it; null: nothing came of it. */
  readonly difference: { readonly before: unknown; readonly after: unknown } | null;
}

/** A change of the running configuration. Without `admin.persist` a reload returns to what the file says. */
export type Change =
  | { readonly kind: "add"; readonly destination: NewDestination }
  | { readonly kind: "remove"; readonly slot: number }
  | { readonly kind: "change"; readonly slot: number; readonly change: DestinationChange }
  | { readonly kind: "put-set"; readonly set: string; readonly given: unknown }
  | { readonly kind: "change-set"; readonly set: string; readonly change: object }
  | { readonly kind: "remove-set"; readonly set: string }
  | { readonly kind: "routes"; readonly routes: unknown }
  /** All of it, as the text of a fairlead.yaml. */
  | { readonly kind: "configuration"; readonly text: string };

/** How a change is made. */
export interface ApplyOptions {
  /** Everything but putting it into force. */
  readonly isDryRun: boolean;
  /** Called when the change has its turn; what it throws is what `apply` rejects with, and nothing was changed. */
  readonly check: () => void;
  /** In force until the next reload, or the next change that is kept, whatever `admin.persist` says. */
  readonly isPassing?: boolean;
}

/** Options of commands that may change what is in force, and not what is in the file. */
export const PASSING: ApplyOptions = { isDryRun: false, check: () => undefined, isPassing: true };

/** Test hook: how a worker is made to die. */
export type Fault = "throw" | "hang";

/** The process behind the API. */
export interface AdminBackend {
  readonly live: LiveTables;
  /** Shared memory of the workers' counters, one column per worker. */
  readonly counters: SharedArrayBuffer;
  /** Names of SIP methods by number. */
  readonly methods: readonly string[];
  process(): ProcessView;
  /** As the configuration in force says. */
  access(): AccessView;
  workers(): readonly WorkerView[];
  /** Whether a warm spare waits to take a dead worker's place. */
  hasSpare(): boolean;
  /** Flows that were kept by workers that died, since the process began. */
  lostFlows(): number;
  listeners(): readonly ListenerView[];
  /** Null where no listener is one of streams. */
  streams(): StreamsView | null;
  /** Certificates of ours that are in force. */
  certificates(): readonly CertificateView[];
  /** Tables that destinations come from. */
  sources(): readonly SourceView[];
  /** What is to be said about the rows of a source. */
  sourceRows(name: string): RowReport;
  /** Looks at the table of one source, or at all, and puts what has changed into force. */
  readSources(name?: string): Promise<void>;
  /** Files of revocation lists that run out, and when the first list in each does. */
  revocations(): readonly CertificateView[];
  sets(): readonly SetView[];
  /** Totals of the DNS resolver, and how many names were looked up and are served from an old answer. */
  dns(): DnsView;
  destinations(): readonly DestinationView[];
  /** The configuration in force in the shape of fairlead.yaml, defaults included. Secrets are taken out by the API. */
  config(): unknown;
  /** All sets in force by name, in the same words, with what tables have of them. */
  wholeSets(): Readonly<Record<string, unknown>>;
  /**
   * `isWhole`: not only this row, but the destination as configured with all the servers that its name stands for. `isMarked`: the
   * probing mark from now on; undefined: an inactive one gets it, others keep what they have.
   */
  setState(slot: number, isWhole: boolean, state: StateName, reason: string, isMarked?: boolean): void;
  /** What it is worth from now on, a whole number of 32 bits; null: as configured. `isWhole` as for `setState`. */
  tellScore(slot: number, isWhole: boolean, score: number | null): void;
  /** Recounts all calls, and with `isRepair` makes the loads right. */
  audit(isRepair: boolean): Promise<AuditView>;
  /** At most `limit` calls of a destination, `isWhole` as for `setState`; null: `after` is no place. Empty: from the first on. */
  listCalls(slot: number, isWhole: boolean, after: string, limit: number): Promise<CallPageView | null>;
  /** The calls on a destination are over; `isWhole` as for `setState`. Resolves with how many were counted there, and of how many that it made the resources came back. */
  forgetCalls(slot: number, isWhole: boolean): Promise<{ readonly forgotten: number; readonly made: number }>;
  /** Kamailio's hash of one or two keys (an empty second one is none), as an unsigned number. */
  coreHash(first: string, second: string): number;
  /** Pauses the probes of the destinations in these slots, or has them go on. */
  pauseProbes(slots: readonly number[], isPaused: boolean): void;
  /** Whether probes are sent; `wanted` changes it, for as long as the process runs. Returns what it was. */
  probing(wanted?: boolean): boolean;
  /** In turn: changes and reloads come one after the other. */
  apply(change: Change, options?: ApplyOptions): Promise<Applied>;
  /** Reads the files again. */
  reload(): Promise<Applied>;
  /** All destinations are in the state that the configuration says, whatever probes, calls and operators have said. */
  startOver(): void;
  /** What happens. */
  readonly events: EventLog;
  injectFault(worker: number, fault: Fault): void;
  /** The same for the stream worker: it ends, or is slow for some seconds. */
  injectStreamFault(fault: "end" | "slow"): void;
  /** Calls `listener` for every probe that was decided; `rtt` in milliseconds, -1 when unknown. */
  watchProbes(listener: (slot: number, outcome: "ok" | "bad", rtt: number) => void): void;
}
