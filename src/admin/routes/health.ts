// For orchestrators and scrapers: is it alive, does it take calls, what does it count.
import { z } from "zod";
import { operation } from "../operation.ts";
import type { RouteGroup } from "../route-group.ts";
import { READINESS } from "../schemas.ts";
import { readiness } from "../views.ts";

/** Whether the process lives, and whether it is ready for calls. */
export const healthRoutes: RouteGroup = {
  name: "health",
  operations: [
    operation({
      method: "GET",
      path: "/healthz",
      id: "isAlive",
      summary: "200 while the main thread lives.",
      role: null,
      answer: z.strictObject({ status: z.literal("ok") }),
      run: () => ({ status: "ok" }),
    }),
    operation({
      method: "GET",
      path: "/readyz",
      id: "isReady",
      summary: "200 when every worker receives and nothing is shutting down, else 503 with the reasons.",
      role: null,
      answer: READINESS,
      run({ context: { backend }, reply }) {
        const resource = readiness(backend);
        reply.code(resource.ready ? 200 : 503);
        return resource;
      },
    }),
    operation({
      method: "GET",
      path: "/metrics",
      id: "getMetrics",
      summary: "Metrics for Prometheus.",
      role: "viewer",
      type: "text/plain",
      async run({ context: { metrics }, reply }) {
        const text = await metrics.text();
        reply.type(metrics.contentType);
        return text;
      },
    }),
  ],
};
