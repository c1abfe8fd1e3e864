// For orchestrators and scrapers: is it alive, does it take calls, what does it count.
import type { RouteGroup } from "../context.ts";
import { readiness } from "../views.ts";

export const healthRoutes: RouteGroup = {
  name: "health",
  register(app, { backend, metrics }) {
    app.get("/healthz", () => ({ status: "ok" }));

    app.get("/readyz", (_request, reply) => {
      const resource = readiness(backend);
      return reply.code(resource.ready ? 200 : 503).send(resource);
    });

    app.get("/metrics", async (_request, reply) => {
      const text = await metrics.text();
      return reply.type(metrics.contentType).send(text);
    });
  },
};
