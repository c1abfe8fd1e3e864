// The counters audit: what is counted, beside what there is.
import type { AuditView } from "../backend.ts";
import type { RouteGroup } from "../context.ts";
import type { AuditResource } from "../resources.ts";

export const counterRoutes: RouteGroup = {
  name: "counters",
  register(app, { backend, log }) {
    app.get("/api/v1/counters/audit", async () => resourceOf(await backend.audit(false), false));

    app.post("/api/v1/counters/audit", async () => {
      const found = resourceOf(await backend.audit(true), true);
      const wrong = found.destinations.filter(({ drift }) => drift !== 0);
      log.info({ wrong }, "an operator had the counters repaired");
      return found;
    });
  },
};

function resourceOf({ workers, missing, rows }: AuditView, repaired: boolean): AuditResource {
  const isRight = repaired || rows.every(({ drift }) => drift === 0);
  return {
    ok: missing.length === 0 && isRight,
    repaired,
    workers,
    missing,
    destinations: rows.map(({ name, ...rest }) => ({ ...rest, destination: name })),
  };
}
