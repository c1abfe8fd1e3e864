// The reference page of the metrics: what /metrics has of a balancer with one of everything.
import { registerMetrics } from "../src/admin/metrics.ts";
import { fakeBackend } from "../src/admin/testing/fake-backend.ts";
import type { StreamCounter } from "../src/bridge/stream-start.ts";

/** Labels whose values are always the same ones. */
const CLOSED_LABELS = ["by", "code", "kind", "reason", "result", "state"];

/** The page. */
export async function metricsPage(): Promise<string> {
  const counters = {} as Readonly<Record<StreamCounter, number>>;
  const streams = { ready: true, connections: 0, unheard: 0, unsecured: 0, counters, restarts: 0, delay: 0 };
  const metrics = await registerMetrics(fakeBackend({ streams }).backend).getMetricsAsJSON();
  const rows = metrics.map(({ name, type, help, values }) => {
    return `| \`${name}\` | ${type} | ${labelText(values)} | ${help.replaceAll("|", "\\|")} |`;
  });
  return [
    "# Metrics",
    "",
    "<!-- Written by `npm run docs` from src/admin. Do not edit. -->",
    "",
    "What `GET /metrics` of the admin API has, by name; those of `fairlead_stream_` where a listener is one of TCP, TLS or",
    "WebSocket. Which of them are worth an alert: [guide](../guide/operations.md#metrics).",
    "",
    "| metric | type | labels | says |",
    "| --- | --- | --- | --- |",
    ...rows.sort(),
    "",
  ].join("\n");
}

/** `set, destination, code: 1xx, 2xx`. */
function labelText(values: readonly { readonly labels: object }[]): string {
  const found = new Map<string, Set<string>>();
  for (const { labels } of values)
    for (const [label, value] of Object.entries(labels))
      found.set(label, (found.get(label) ?? new Set<string>()).add(String(value)));
  found.delete("le");
  return [...found]
    .map(([label, known]) => (CLOSED_LABELS.includes(label) ? `${label}: ${[...known].join(", ")}` : label))
    .join("; ");
}
