// What of a running balancer becomes an event: states at once, figures by looking at them once a second.
import type { Balancer } from "./control/balancer.ts";
import type { EventLog } from "./control/events.ts";
import { DestinationState } from "./dispatch/types.ts";
import type { StateChange } from "./health/registry.ts";
import { isWell } from "./health/standby.ts";
import { nameOfState } from "./health/state.ts";

const LOOK_MS = 1_000;
/** Destinations in one `load`, which everybody who listens is sent once a second. */
const MOST_SHOWN = 1_000;

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
