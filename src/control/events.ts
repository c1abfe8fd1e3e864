// What happens to a running balancer and somebody may want to know: a bounded memory of it, and whoever watches. Main thread
// only; whoever publishes never waits for whoever watches.
import type { StateName } from "../health/state.ts";

/** What happened. */
export type BalancerEvent =
  | DestinationEvent
  | {
      /** A destination that drains has no calls left. */
      readonly type: "destination.drained";
      readonly set: string;
      readonly destination: string;
      readonly uri: string;
    }
  | LoadEvent
  | ConfigurationEvent
  | {
      readonly type: "worker.died";
      /** Its number; `streams`: the one that holds connections. */
      readonly worker: number | "streams";
      /** Why, in one line. */
      readonly why: string;
      /** How often it was replaced. */
      readonly restarts: number;
    };

/** A configuration has come into force, or was refused. */
export interface ConfigurationEvent {
  readonly type: "configuration.applied" | "configuration.refused";
  /** Number of the configuration in force. */
  readonly generation: number;
  /** Why: the files were read again, something was changed over the admin API, or a source has other rows. */
  readonly cause: "reload" | "change" | "table";
  /** `file:line:column: error: what (hint)`, of a table what is wrong with its rows; of very many the first, and how many more there are. */
  readonly problems: readonly string[];
}

/** New calls go to a destination no more, or again; or it drains. */
export interface DestinationEvent {
  readonly type: "destination.down" | "destination.up" | "destination.draining";
  readonly set: string;
  readonly destination: string;
  readonly uri: string;
  readonly from: StateName;
  readonly to: StateName;
  /** For people. */
  readonly reason: string;
}

/** How many calls a set and its destinations carry; at most one per set and second, and only when it has changed. */
export interface LoadEvent {
  readonly type: "load";
  readonly set: string;
  readonly calls: number;
  /** Calls by destination; of a very large set those of the destinations that have most. */
  readonly destinations: Readonly<Record<string, number>>;
}

/** Types of all events. */
export const EVENT_TYPES = [
  "destination.down",
  "destination.up",
  "destination.draining",
  "destination.drained",
  "load",
  "configuration.applied",
  "configuration.refused",
  "worker.died",
] as const satisfies readonly BalancerEvent["type"][];
/** One of `EVENT_TYPES`. */
export type EventType = (typeof EVENT_TYPES)[number];

/** An event with its time and number. */
export interface RecordedEvent {
  /** Unique over restarts; null: it is not remembered, because it is of the moment. */
  readonly id: string | null;
  /** ISO 8601. */
  readonly at: string;
  readonly event: BalancerEvent;
}

/** As JSON that names its type. */
export function eventJson({ id, at, event }: RecordedEvent): { id: string | null; at: string } & BalancerEvent {
  return { id, at, ...event };
}

/** Events that are remembered for those who come back. */
export const MOST_REMEMBERED = 1_000;

/** What the log needs. */
export interface EventLogOptions {
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Tells this process from the one before it; letters and digits. */
  readonly instance: string;
}

/** The events of a process. */
export class EventLog {
  readonly #options: EventLogOptions;
  /** And whether they want loads. */
  readonly #watchers = new Map<(recorded: RecordedEvent) => void, boolean>();
  #remembered: RecordedEvent[] = [];
  #count = 0;

  constructor(options: EventLogOptions) {
    this.#options = options;
  }

  /** Tells everybody who watches. */
  publish(event: BalancerEvent): void {
    const isKept = event.type !== "load";
    const id = isKept ? `${this.#options.instance}-${++this.#count}` : null;
    const recorded = { id, at: new Date(this.#options.clock()).toISOString(), event };
    if (isKept) this.#remembered = [...this.#remembered.slice(-MOST_REMEMBERED + 1), recorded];
    for (const [watcher, wantsLoads] of this.#watchers) if (isKept || wantsLoads) watcher(recorded);
  }

  /** Calls `watcher` for every event from now on, loads only if it wants them; returns how to stop. A watcher must not throw. */
  watch(watcher: (recorded: RecordedEvent) => void, wantsLoads = false): () => void {
    this.#watchers.set(watcher, wantsLoads);
    return () => void this.#watchers.delete(watcher);
  }

  /** Whether anybody wants loads. */
  get areLoadsWatched(): boolean {
    return [...this.#watchers.values()].includes(true);
  }

  /** The latest events, the oldest first. */
  get remembered(): readonly RecordedEvent[] {
    return this.#remembered;
  }

  /** What was remembered after the event `id`; null: that one is not known (too old, or of another process). */
  since(id: string): readonly RecordedEvent[] | null {
    const { instance } = this.#options;
    const number = id.startsWith(`${instance}-`) ? Number(id.slice(instance.length + 1)) : Number.NaN;
    const isKnown =
      Number.isInteger(number) && number >= this.#count - this.#remembered.length && number <= this.#count;
    return isKnown ? this.#remembered.slice(this.#remembered.length - (this.#count - number)) : null;
  }
}
