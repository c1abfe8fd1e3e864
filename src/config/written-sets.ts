// Dispatcher sets and their destinations in the words of fairlead.yaml.
import type { z } from "zod";
import type { OutlierSettings } from "../health/outlier-settings.ts";
import type { DestinationConfig, destination as destinationSchema } from "./sections/destination.ts";
import { writtenEvents, writtenMarks } from "./sections/failover.ts";
import type { Capacity } from "./sections/resources.ts";
import type { SetConfig, set as setSchema } from "./sections/sets.ts";
import { formatEventSocket } from "./values/event-socket.ts";
import type { StatusRange } from "./values/status.ts";
import { formatDuration } from "./values/written-duration.ts";

/** With every key present: what a section gains has to be written, too. */
export type Full<T> = { readonly [Key in keyof T]-?: T[Key] };

type WrittenSet = z.input<typeof setSchema>;
type WrittenDestination = Exclude<z.input<typeof destinationSchema>, string>;
type WrittenProbe = Exclude<WrittenSet["probe"], false | undefined>;

/** Sets by name. What a table has is there, not in the file; `withTables`: as they are in force, all of it. */
export function writtenSets(
  sets: readonly SetConfig[],
  withTables = false,
): Readonly<Record<string, ReturnType<typeof writtenSet>>> {
  const shown = sets.filter(({ source }) => withTables || source === undefined);
  return Object.fromEntries(shown.map((set) => [set.name, writtenSet(set, withTables)]));
}

/** A set, without its name; `withTables` as for `writtenSets`. */
export function writtenSet(
  {
    algorithm,
    slots,
    order,
    useDefault,
    maxBranches,
    key,
    loadBound,
    resources,
    destinations,
    probe,
    passive,
    outliers,
    slowStart,
    failover,
    unavailable,
    tls,
  }: SetConfig,
  withTables = false,
): Full<Omit<WrittenSet, "key" | "load_bound" | "tls">> & Pick<WrittenSet, "key" | "load_bound" | "tls"> {
  return {
    algorithm,
    slots,
    order,
    ...(key === undefined ? {} : { key }),
    ...(loadBound === undefined ? {} : { load_bound: loadBound }),
    use_default: useDefault,
    max_branches: maxBranches,
    resources: { ...resources, needed: [...resources.needed] },
    destinations: destinations
      .filter(({ source }) => withTables || source === undefined)
      .map((one) => writtenDestination(one)),
    probe: probe === null ? false : probeOf(probe),
    passive: { failures: passive.failures, calls_lost_after: formatDuration(passive.callsLostAfter) },
    outliers: outliers === null ? false : outliersOf(outliers),
    slow_start: formatDuration(slowStart),
    failover: {
      on: writtenEvents(failover),
      tries: failover.tries,
      answer_within: formatDuration(failover.answerWithin),
      ring_limit: formatDuration(failover.ringLimit),
      after_provisional: failover.afterProvisional,
      mark: [...(failover.marksTimeout ? ["timeout"] : []), ...writtenMarks(failover.marks)],
      mark_as: failover.markAs,
      mark_after: failover.markAfter,
      retry_after_cap: formatDuration(failover.retryAfterCap),
    } satisfies Full<NonNullable<WrittenSet["failover"]>>,
    unavailable: {
      status: unavailable.status,
      reason: unavailable.reason,
      retry_after: formatDuration(unavailable.retryAfter * 1000),
    } satisfies Full<NonNullable<WrittenSet["unavailable"]>>,
    ...(tls === undefined ? {} : { tls }),
  };
}

function probeOf(probe: NonNullable<SetConfig["probe"]>): Full<WrittenProbe> {
  const { method, every, timeout, downAfter, upAfter, mode, accept, latencyAlpha, from } = probe;
  return {
    method,
    every: formatDuration(every),
    timeout: formatDuration(timeout),
    down_after: downAfter,
    up_after: upAfter,
    mode,
    accept: accept.map(statusRange),
    latency_alpha: latencyAlpha,
    from,
  };
}

function outliersOf(settings: OutlierSettings): Full<Exclude<WrittenSet["outliers"], false | undefined>> {
  const percent = (share: number) => Math.round(share * 100);
  return {
    failed_percent: percent(settings.failed),
    taken_percent: percent(settings.taken),
    requests: settings.requests,
    window: formatDuration(settings.window),
    eject_for: formatDuration(settings.ejectFor),
    max_ejected_percent: percent(settings.maxEjected),
    panic_percent: percent(settings.panic),
  };
}

function statusRange({ first, last }: StatusRange): string | number {
  return first === last ? first : `${first / 100}xx`;
}

/** A destination. `isRevealed`: with the passwords of event sockets, for reading it again and for nobody's eyes. */
export function writtenDestination(one: DestinationConfig, isRevealed = false): WrittenDestination {
  const { uri, name, weight, priority, maxCalls, score, resources, state, probe, attrs, tls, serverName } = one;
  return {
    uri,
    name,
    weight: one.weightFrom === undefined ? weight : formatEventSocket(one.weightFrom, isRevealed),
    priority,
    max_calls: maxCalls,
    score,
    resources: writtenResources(resources, isRevealed),
    state,
    probe,
    large_requests: one.largeRequests,
    strip: one.strip,
    prefix: one.prefix,
    proxy_protocol: one.proxyProtocol,
    ...(one.listener === undefined ? {} : { listener: one.listener }),
    ...(one.probeFrom === undefined ? {} : { probe_from: one.probeFrom }),
    ...(one.probeListener === undefined ? {} : { probe_listener: one.probeListener }),
    ...(tls === undefined ? {} : { tls }),
    ...(serverName === undefined ? {} : { server_name: serverName }),
    attrs: { ...attrs },
  };
}

/** Capacities by name; `isRevealed` as for `writtenDestination`. */
export function writtenResources(
  resources: DestinationConfig["resources"],
  isRevealed: boolean,
): Record<string, number | string> {
  const shown = (capacity: Capacity) =>
    typeof capacity === "number" ? capacity : formatEventSocket(capacity, isRevealed);
  return Object.fromEntries(Object.entries(resources).map(([name, capacity]) => [name, shown(capacity)]));
}
