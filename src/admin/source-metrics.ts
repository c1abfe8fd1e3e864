// Metrics of sources: whether their tables can be read, and how old what is in force is.
import type { Registry } from "prom-client";
import type { AdminBackend } from "./backend.ts";
import { read } from "./read-metric.ts";

/** Registers them. */
export function registerSources(registry: Registry, backend: AdminBackend): void {
  const labels = ["source"];
  read(registry, "gauge", "source_up", "1: the table was read the last time; 0: it could not be", labels, (set) => {
    for (const { name, failure } of backend.sources()) set(failure === "" ? 1 : 0, { source: name });
  });
  const refused = "1: what the table has was refused, rows of before are in use; 0: it was not";
  read(registry, "gauge", "source_refused", refused, labels, (set) => {
    for (const { name, refusal } of backend.sources()) set(refusal === "" ? 0 : 1, { source: name });
  });
  read(registry, "gauge", "source_rows", "Rows of the table that are in force", labels, (set) => {
    for (const { name, rows } of backend.sources()) set(rows, { source: name });
  });
  const help = "Seconds since the table was read; -1: not by this process, its rows come from the cache";
  read(registry, "gauge", "source_age_seconds", help, labels, (set) => {
    for (const { name, age } of backend.sources()) set(age, { source: name });
  });
}
