// From the backend's views and the live tables to the API's resources.
import { DESTINATION_COUNTERS, type DestinationCounter } from "../bridge/destination-counters.ts";
import type { AdminBackend, DestinationView, SetView, WorkerView } from "./backend.ts";
import type {
  DestinationResource,
  ReadinessResource,
  SetResource,
  SourceResource,
  StateName,
  WorkerResource,
} from "./resources.ts";

/** Whether new calls may go to a destination in this state; to one that stands by when the others cannot take them. */
export function isUsable(state: StateName): boolean {
  return state === "active" || state === "trying" || state === "standby";
}

/** A destination with its live figures. */
export function destinationResource(backend: AdminBackend, view: DestinationView): DestinationResource {
  const { live } = backend;
  const {
    slot,
    set,
    name,
    configured,
    uri,
    state,
    reason,
    weight,
    priority,
    maxCalls,
    resources,
    probing,
    isPaused,
    lastProbe,
    meanCall,
    untilEmpty,
  } = view;
  const micros = live.latency(slot);
  const answer = live.answerTime(slot);
  return {
    set,
    name,
    configured,
    uri,
    state,
    reason,
    since: new Date(view.since).toISOString(),
    usable: isUsable(state),
    weight,
    priority,
    max_calls: maxCalls,
    score: live.score(slot),
    load: live.load(slot),
    resources,
    failures: live.failures(slot),
    latency_ms: micros > 0 ? micros / 1000 : null,
    answer_time_ms: answer > 0 ? answer / 1000 : null,
    share_percent: sharePercent(live.heldBack(slot)),
    probing,
    probes_paused: isPaused,
    last_probe: lastProbe,
    mean_call_s: rounded(meanCall),
    drain: state === "draining" ? { calls: live.load(slot), eta_s: rounded(untilEmpty) } : null,
    counters: destinationCounters(backend, slot),
  };
}

function rounded(seconds: number | null): number | null {
  return seconds === null ? null : Math.round(seconds * 10) / 10;
}

/** Of what is held back of 256 parts while a destination starts slowly, what it gets, in percent. */
export function sharePercent(heldBack: number): number {
  return Math.round(((256 - heldBack) * 100) / 256);
}

/** Totals of a destination, over all workers. */
export function destinationCounters({ live }: AdminBackend, slot: number): DestinationResource["counters"] {
  const counters = DESTINATION_COUNTERS.map((counter) => [counter, live.counter(slot, counter)]);
  return Object.fromEntries(counters) as Record<DestinationCounter, number>;
}

/** A set; `destinations` are its own. */
export function setResource(
  { live }: AdminBackend,
  set: SetView,
  destinations: readonly DestinationView[],
): SetResource {
  return {
    name: set.name,
    algorithm: set.algorithm,
    destinations: destinations.length,
    usable: destinations.filter(({ state }) => isUsable(state)).length,
    load: destinations.reduce((sum, { slot }) => sum + live.load(slot), 0),
  };
}

/** A worker. */
export function workerResource(worker: WorkerView): WorkerResource {
  const { index, ready, restarts, lastFailure, transactions, dialogs } = worker;
  // The rest of an error is its stack, which is for the log.
  const [failure = ""] = lastFailure.split("\n");
  return { index, ready, restarts, last_failure: failure, transactions, dialogs };
}

/** Whether the process takes calls, and why not. A dead destination is no reason: the balancer is ready to say 503. */
export function readiness(backend: AdminBackend): ReadinessResource {
  const workers = backend.workers();
  const reasons: string[] = [];
  if (backend.process().closing) reasons.push("shutting down");
  if (workers.length === 0) reasons.push("no worker");
  for (const { index, ready } of workers) if (!ready) reasons.push(`worker ${index} is not running`);
  if (backend.streams()?.ready === false) reasons.push("the stream worker is not running");
  return { ready: reasons.length === 0, reasons, workers: workers.map(workerResource) };
}

/** The sources with what is to be said about their rows. */
export function sourceResources(backend: AdminBackend): SourceResource[] {
  return backend.sources().map(({ name, kind, place, serving, rows, failure, refusal, age, next, cacheFailure }) => {
    const refused = refusal === "" ? null : `what it has was refused: ${refusal}`;
    return {
      name,
      kind,
      place,
      serving,
      rows,
      ...backend.sourceRows(name),
      age_s: age < 0 ? null : seconds(age),
      next_s: next < 0 ? null : seconds(next),
      error: failure === "" ? refused : failure,
      cache_error: cacheFailure === "" ? null : cacheFailure,
    };
  });
}

/** To a tenth. */
function seconds(time: number): number {
  return Math.round(time * 10) / 10;
}
