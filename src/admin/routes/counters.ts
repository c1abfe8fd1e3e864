// Everything that is counted, as JSON, and whether it is true.
import { COUNTERS, readCounter, readRequests } from "../../bridge/counters.ts";
import type { AdminBackend, AuditView } from "../backend.ts";
import { operation } from "../operation.ts";
import type { AuditResource, CountersResource } from "../resources.ts";
import type { RouteGroup } from "../route-group.ts";
import { COUNTERS_AUDIT, COUNTERS_SHOWN } from "../schemas.ts";
import { destinationCounters } from "../views.ts";

/** Counters, and recounts of calls. */
export const counterRoutes: RouteGroup = {
  name: "counters",
  operations: [
    operation({
      method: "GET",
      path: "/api/v1/counters",
      id: "getCounters",
      summary: "Totals since the start: of the workers, by listener and method, of DNS, connections and destinations.",
      role: "viewer",
      answer: COUNTERS_SHOWN,
      run: ({ context: { backend } }): CountersResource => countersOf(backend),
    }),
    operation({
      method: "GET",
      path: "/api/v1/counters/audit",
      id: "auditCounters",
      summary: "Recounts all calls from the transactions and dialogs that there are, and compares.",
      role: "viewer",
      answer: COUNTERS_AUDIT,
      run: async ({ context: { backend } }) => auditOf(await backend.audit(false), false),
    }),
    operation({
      method: "POST",
      path: "/api/v1/counters/audit",
      id: "repairCounters",
      summary: "The same, and makes every load say what there is.",
      role: "operator",
      ifMatch: "optional",
      answer: COUNTERS_AUDIT,
      async run({ context: { backend, document, log }, access, precondition }) {
        precondition.check(document.tag);
        const found = auditOf(await backend.audit(true), true);
        const wrong = found.destinations.filter(({ drift }) => drift !== 0);
        log.info({ wrong, by: access.name }, "an operator had the counters repaired");
        return found;
      },
    }),
  ],
};

function countersOf(backend: AdminBackend): CountersResource {
  const { counters, methods } = backend;
  const workers = backend.workers().length;
  const byMethod = (listener: number) =>
    Object.fromEntries(
      methods
        .map((method, at) => [method, readRequests(counters, workers, listener, at)] as const)
        .filter(([, count]) => count > 0),
    );
  return {
    workers: Object.fromEntries(COUNTERS.map((name) => [name, readCounter(counters, workers, name)])),
    requests: Object.fromEntries(backend.listeners().map(({ name }, listener) => [name, byMethod(listener)])),
    dns: backend.dns().counts,
    streams: backend.streams()?.counters ?? null,
    destinations: backend
      .destinations()
      .map(({ set, name, slot }) => ({ set, name, counters: destinationCounters(backend, slot) })),
  };
}

function auditOf({ workers, missing, rows, resources }: AuditView, repaired: boolean): AuditResource {
  const isRight = repaired || (resources.length === 0 && rows.every(({ drift }) => drift === 0));
  return {
    ok: missing.length === 0 && isRight,
    repaired,
    workers,
    missing,
    destinations: rows.map(({ name, ...rest }) => ({ ...rest, destination: name })),
    resources: resources.map(({ name, ...rest }) => ({ ...rest, destination: name })),
  };
}
