// What of a running balancer becomes an event: states at once, figures by looking at them once a second.
import type { Balancer } from "./control/balancer.ts";
import type { ConfigurationEvent, EventLog } from "./control/events.ts";
import type { Log } from "./control/log.ts";
import { DestinationState } from "./dispatch/types.ts";
import type { StateChange } from "./health/health-record.ts";
import { isWell } from "./health/standby.ts";
import { nameOfState } from "./health/state.ts";

const LOOK_MS = 1_000;
/** Destinations in one `load`, which everybody who listens is sent once a second. */
const MOST_SHOWN = 1_000;
/** Of an event: problems, and characters of one. */
const MOST_PROBLEMS = 20;
const LONGEST_PROBLEM = 500;

/** Tells of a change of state when it decides about new calls; a first failure (trying) does not. */
export function publishState(events: EventLog, { target, from, to, reason }: StateChange): void {
  const type =
    to === DestinationState.draining
      ? "destination.draining"
      : isWell(from) === isWell(to)
        ? null
        : isWell(to)
          ? "destination.up"
          : "destination.down";
  if (type === null) return;
  const { set, name: destination, uri } = target;
  events.publish({ type, set, destination, uri, from: nameOfState(from), to: nameOfState(to), reason });
}

/**
 * What became of a configuration. A thousand events are remembered and sent to everybody: one has a bounded size, whatever somebody has
 * written.
 */
export function configurationEvent(
  { ok, generation }: { readonly ok: boolean; readonly generation: number },
  cause: ConfigurationEvent["cause"],
  problems: readonly string[],
): ConfigurationEvent {
  const shown = problems.slice(0, MOST_PROBLEMS).map(clipped);
  const more = problems.length - shown.length;
  const type = ok ? "configuration.applied" : "configuration.refused";
  return { type, generation, cause, problems: more > 0 ? [...shown, `and ${more} more`] : shown };
}

function clipped(line: string): string {
  return line.length > LONGEST_PROBLEM ? `${line.slice(0, LONGEST_PROBLEM)}…` : line;
}

/** Has the log tell what nobody else tells it: drains that are done, and with `hasLoads` loads (level debug). Returns how to stop. */
export function logEvents(events: EventLog, log: Log, hasLoads: boolean): () => void {
  return events.watch(({ event }) => {
    if (event.type === "destination.drained") {
      const { set, destination, uri } = event;
      log.info({ set, destination, uri }, "a draining destination has no calls left");
    } else if (event.type === "load") {
      const { set, calls, destinations } = event;
      log.debug({ set, calls, destinations }, "the load of a set has changed");
    }
  }, hasLoads);
}

/** Looks at loads, drains and workers from now on; returns how to stop. */
export function publishFigures(balancer: Balancer, events: EventLog): () => void {
  const look = looker(balancer, events);
  const timer = setInterval(look, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** One look at a time; what it saw last is all it remembers. */
export function looker({ control, live, workers, streams }: Balancer, events: EventLog): () => void {
  const loads = new Map<string, string>();
  const drained = new Set<number>();
  const restarts = new Map<number | "streams", number>();
  return () => {
    if (events.areLoadsWatched) publishLoads(control.inForce.placed, live, loads, events);
    for (const { slot, set, config } of control.inForce.placed) {
      const isDrained = live.state(slot) === DestinationState.draining && live.load(slot) === 0;
      if (isDrained && !drained.has(slot))
        events.publish({ type: "destination.drained", set: set.name, destination: config.name, uri: config.uri });
      if (isDrained) drained.add(slot);
      else drained.delete(slot);
    }
    const members = [
      ...workers.status().map(({ index, restarts: count, lastFailure }) => [index, count, lastFailure] as const),
      ...(streams === null ? [] : [["streams", streams.view().restarts, "the log says why"] as const]),
    ];
    for (const [worker, count, failure] of members) {
      if (count > (restarts.get(worker) ?? 0))
        events.publish({ type: "worker.died", worker, why: failure.split("\n")[0] ?? "", restarts: count });
      restarts.set(worker, count);
    }
  };
}

/** Tells the loads of the sets in which one has changed since `known`. */
export function publishLoads(
  placed: Balancer["control"]["inForce"]["placed"],
  live: Balancer["live"],
  known: Map<string, string>,
  events: EventLog,
): void {
  for (const [set, own] of Map.groupBy(placed, ({ set: { name } }) => name)) {
    const loads = own.map(({ config: { name }, slot }) => [name, live.load(slot)] as const);
    const calls = loads.reduce((sum, [, load]) => sum + load, 0);
    const shown = loads.length <= MOST_SHOWN ? loads : loads.sort(([, a], [, b]) => b - a).slice(0, MOST_SHOWN);
    const destinations = Object.fromEntries(shown);
    const text = JSON.stringify([calls, destinations]);
    if (known.get(set) === text) continue;
    known.set(set, text);
    events.publish({ type: "load", set, calls, destinations });
  }
}
