// What a running process cannot change about itself. A configuration that wants it is refused as a whole: half of it in
// force would be something that no file describes.

import type { Problem } from "../config/problem.ts";
import type { Config } from "../config/schema.ts";

/** A problem of a configuration as a whole, without a place in a file. */
export function configurationProblem(what: string, hint = "", severity: Problem["severity"] = "error"): Problem {
  return { file: "configuration", line: 0, column: 0, severity, what, hint };
}

/** Errors for what needs a restart, warnings for what waits for one. */
export function restartProblems(before: Config, after: Config): Problem[] {
  const problems: Problem[] = [];
  const where = (config: Config) =>
    config.listeners.map(({ transport, host, port, web, connectOnly }) => [transport, host, port, web, connectOnly]);
  const fixed: readonly [string, unknown, unknown][] = [
    ["listeners", where(before), where(after)],
    ["workers", before.workers, after.workers],
    ["io", before.io, after.io],
    ["segmentation", before.segmentation, after.segmentation],
    ["coalescing", before.coalescing, after.coalescing],
    ["limits", before.limits, after.limits],
    ["keepalive.flows", before.keepalive.flows, after.keepalive.flows],
    ["streams", before.streams, after.streams],
    ["receive_buffer", before.receiveBuffer, after.receiveBuffer],
    ["admin.listen", apiOf(before), apiOf(after)],
  ];
  for (const [section, old, now] of fixed) {
    if (JSON.stringify(old) === JSON.stringify(now)) continue;
    problems.push(configurationProblem(`a change of ${section} needs a restart`, "nothing was changed"));
  }
  const later: readonly [string, unknown, unknown][] = [
    ["log.level", before.log.level, after.log.level],
    ["log.format", before.log.format, after.log.format],
    ["watch", before.watch, after.watch],
  ];
  for (const [key, old, now] of later) {
    if (old === now) continue;
    problems.push(configurationProblem(`a change of ${key} takes effect at the next start`, "", "warning"));
  }
  return problems;
}

/** Where the admin API listens; who may use it can change at any time. */
function apiOf({ admin }: Config): unknown {
  return admin === null ? null : [admin.host, admin.port];
}
