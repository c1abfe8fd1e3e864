// /metrics: prom-client as exporter only. Nothing is counted here but probes and reloads; everything else is read from the
// shared tables when a scraper asks. Labels are bounded: never a Call-ID, a user or an address of a caller.
import { Counter, Histogram, Registry } from "prom-client";
import { COUNTERS, readCounter, readRequests } from "../bridge/counters.ts";
import { DESTINATION_COUNTERS } from "../bridge/destination-counters.ts";
import type { AdminBackend } from "./backend.ts";
import { COUNTER_HELP, DESTINATION_HELP } from "./counter-help.ts";
import { read } from "./read-metric.ts";
import { registerSources } from "./source-metrics.ts";
import { registerStreams } from "./stream-metrics.ts";
import { registerTls } from "./tls-metrics.ts";
import { isUsable, sharePercent } from "./views.ts";

/** The metrics of a process. */
export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
}

/** Worker counters whose name begins like this share a metric; the rest of the name is the label's value. */
const FAMILIES = [
  { prefix: "dropped_", metric: "dropped", label: "reason", help: "Messages dropped without an answer" },
  { prefix: "rejected_", metric: "rejected", label: "reason", help: "Requests that were answered by ourselves" },
  { prefix: "failovers_", metric: "failovers", label: "reason", help: "Requests moved to the next destination" },
  { prefix: "forwarded_", metric: "forwarded", label: "kind", help: "Messages forwarded" },
  {
    prefix: "large_requests_",
    metric: "large_requests",
    label: "kind",
    help: "Requests over the size for UDP moved to TCP, and those that TCP refused",
  },
  { prefix: "retransmissions_", metric: "retransmissions", label: "kind", help: "Retransmissions absorbed and sent" },
] as const;
const ADMIN_STATES = ["enabled", "draining", "disabled"] as const;
const RTT_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2];

/** All metrics over a backend, as it writes them. */
export function createMetrics(backend: AdminBackend): Metrics {
  const registry = registerMetrics(backend);
  return { contentType: registry.contentType, text: () => registry.metrics() };
}

/** Registers all metrics over a backend. */
export function registerMetrics(backend: AdminBackend): Registry {
  const registry = new Registry();
  registerProcess(registry, backend);
  registerTraffic(registry, backend);
  registerDns(registry, backend);
  registerStreams(registry, backend);
  registerTls(registry, backend);
  registerSources(registry, backend);
  registerDestinations(registry, backend);
  registerProbes(registry, backend);
  return registry;
}

/** Its keys, which are no others than its type says. */
function keysOf<Key extends string>(texts: Readonly<Record<Key, string>>): readonly Key[] {
  return Object.keys(texts) as Key[];
}

function registerProcess(registry: Registry, backend: AdminBackend): void {
  read(registry, "gauge", "build_info", "1; the version is a label", ["version", "node"], (set) =>
    set(1, { version: backend.process().version, node: process.versions.node }),
  );
  read(registry, "gauge", "config_generation", "Number of the configuration in force", [], (set) =>
    set(backend.process().generation),
  );
  read(registry, "counter", "config_reload_total", "Reloads by result", ["result"], (set) => {
    const { ok, failed } = backend.process().reloads;
    set(ok, { result: "ok" });
    set(failed, { result: "failed" });
  });
  const stamp = "config_last_reload_timestamp_seconds";
  read(registry, "gauge", stamp, "When the configuration in force was published", [], (set) =>
    set(backend.process().loadedAt / 1000),
  );
  for (const gauge of ["transactions", "dialogs"] as const) {
    read(registry, "gauge", gauge, `Live ${gauge}`, ["worker"], (set) => {
      for (const worker of backend.workers()) set(worker[gauge], { worker: String(worker.index) });
    });
  }
  read(registry, "gauge", "kept_flows", "Flows kept open for registered phones", ["worker"], (set) => {
    for (const { index, keptFlows } of backend.workers()) set(keptFlows, { worker: String(index) });
  });
  read(
    registry,
    "counter",
    "kept_flows_lost_total",
    "Kept flows that ended with the worker that kept them",
    [],
    (set) => set(backend.lostFlows()),
  );
  read(
    registry,
    "gauge",
    "queue_fill",
    "Share of the fullest queue that leads to a worker, of its last turn",
    ["worker"],
    (set) => {
      for (const { index, fill } of backend.workers()) set(fill, { worker: String(index) });
    },
  );
  read(registry, "gauge", "worker_ready", "1 while a worker is receiving", ["worker"], (set) => {
    for (const { index, ready } of backend.workers()) set(ready ? 1 : 0, { worker: String(index) });
  });
  read(registry, "gauge", "worker_spares", "Warm workers that wait to take a dead one's place", [], (set) => {
    set(backend.hasSpare() ? 1 : 0);
  });
  read(registry, "counter", "worker_restarts_total", "Workers that died and were replaced", ["worker"], (set) => {
    for (const { index, restarts } of backend.workers()) set(restarts, { worker: String(index) });
  });
}

function registerTraffic(registry: Registry, backend: AdminBackend): void {
  const workers = () => backend.workers().length;
  const labels = ["listener", "transport", "method"];
  read(registry, "counter", "sip_requests_total", "Requests received", labels, (set) => {
    for (const [index, { name, transport }] of backend.listeners().entries()) {
      for (const [number, method] of backend.methods.entries()) {
        set(readRequests(backend.counters, workers(), index, number), { listener: name, transport, method });
      }
    }
  });
  for (const { prefix, metric, label, help } of FAMILIES) {
    const members = COUNTERS.filter((name) => name.startsWith(prefix));
    read(registry, "counter", `${metric}_total`, help, [label], (set) => {
      for (const name of members) {
        set(readCounter(backend.counters, workers(), name), { [label]: name.slice(prefix.length) });
      }
    });
  }
  for (const name of keysOf(COUNTER_HELP)) {
    const help = COUNTER_HELP[name];
    read(registry, "counter", `${name}_total`, help, [], (set) => set(readCounter(backend.counters, workers(), name)));
  }
}

function registerDns(registry: Registry, backend: AdminBackend): void {
  read(registry, "counter", "dns_events_total", "What the DNS resolver did and met", ["event"], (set) => {
    for (const [event, count] of Object.entries(backend.dns().counts)) set(count, { event });
  });
  read(registry, "gauge", "dns_names", "Names of destinations that are followed", [], (set) =>
    set(backend.dns().names),
  );
  read(
    registry,
    "gauge",
    "dns_names_stale",
    "Names of destinations whose servers are of before, because DNS fails",
    [],
    (set) => set(backend.dns().stale),
  );
}

function registerDestinations(registry: Registry, backend: AdminBackend): void {
  const { live } = backend;
  const labels = ["set", "destination"];
  const each = (
    kind: "gauge" | "counter",
    name: string,
    help: string,
    value: (view: ReturnType<AdminBackend["destinations"]>[number]) => number,
  ) =>
    read(registry, kind, name, help, labels, (set) => {
      for (const view of backend.destinations()) set(value(view), { set: view.set, destination: view.name });
    });
  each("gauge", "destination_up", "1 while new calls may go to it", ({ state }) => (isUsable(state) ? 1 : 0));
  each("gauge", "destination_active_calls", "Calls counted on it", ({ slot }) => live.load(slot));
  each("gauge", "destination_max_calls", "Most calls at a time; 0: no limit", ({ maxCalls }) => maxCalls);
  each("gauge", "destination_score", "Lower is better, where the algorithm goes by it", ({ slot }) => live.score(slot));
  each("gauge", "destination_latency_seconds", "Smoothed probe round trip; 0: unknown", ({ slot }) => {
    return live.latency(slot) / 1e6;
  });
  each(
    "gauge",
    "destination_answer_time_seconds",
    "Time until the first answer, peaks kept; 0: unknown",
    ({ slot }) => {
      return live.answerTime(slot) / 1e6;
    },
  );
  each(
    "gauge",
    "destination_share_percent",
    "Of its share of new calls, while it starts slowly; else 100",
    ({ slot }) => {
      return sharePercent(live.heldBack(slot));
    },
  );
  for (const figure of ["load", "capacity"] as const) {
    const help = figure === "load" ? "Calls that take a named resource" : "How many calls can take it";
    read(registry, "gauge", `destination_resource_${figure}`, help, [...labels, "resource"], (set) => {
      for (const { set: owner, name, resources } of backend.destinations())
        for (const [resource, figures] of Object.entries(resources))
          set(figures[figure], { set: owner, destination: name, resource });
    });
  }
  const stateLabels = [...labels, "state"];
  read(registry, "gauge", "destination_admin_state", "1 for the state it was given", stateLabels, (set) => {
    for (const { set: owner, name, state } of backend.destinations()) {
      const own = state === "draining" || state === "disabled" ? state : "enabled";
      for (const known of ADMIN_STATES) set(own === known ? 1 : 0, { set: owner, destination: name, state: known });
    }
  });
  const answers = DESTINATION_COUNTERS.filter((name) => name.startsWith("responses_"));
  read(registry, "counter", "sip_responses_total", "Responses by class", [...labels, "code"], (set) => {
    for (const { slot, set: owner, name } of backend.destinations()) {
      for (const counter of answers) {
        set(live.counter(slot, counter), { set: owner, destination: name, code: counter.slice("responses_".length) });
      }
    }
  });
  for (const name of keysOf(DESTINATION_HELP))
    each("counter", `destination_${name}_total`, DESTINATION_HELP[name], ({ slot }) => live.counter(slot, name));
}

function registerProbes(registry: Registry, backend: AdminBackend): void {
  const registers = [registry];
  const total = new Counter({
    name: "fairlead_probe_total",
    help: "Probes by result",
    labelNames: ["result"],
    registers,
  });
  for (const result of ["ok", "bad"]) total.inc({ result }, 0);
  const name = "fairlead_probe_rtt_seconds";
  const rtt = new Histogram({ name, help: "Round trips of answered probes", buckets: RTT_BUCKETS, registers });
  backend.watchProbes((_slot, outcome, milliseconds) => {
    total.inc({ result: outcome });
    if (milliseconds >= 0) rtt.observe(milliseconds / 1000);
  });
}
