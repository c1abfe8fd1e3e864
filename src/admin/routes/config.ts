// The configuration in force, without its secrets, and reading it again.
import type { RouteGroup } from "../context.ts";
import { redact } from "../redact.ts";
import { resultOf } from "./destinations.ts";

export const configRoutes: RouteGroup = {
  name: "config",
  register(app, { backend, log }) {
    app.get("/api/v1/config", () => {
      const { generation, loadedAt } = backend.process();
      return { generation, loaded_at: new Date(loadedAt).toISOString(), config: redact(backend.config()) };
    });

    app.post("/api/v1/reload", async () => {
      const applied = await backend.reload();
      log.info({ ok: applied.ok, generation: applied.generation }, "an operator asked for a reload");
      return resultOf(applied);
    });
  },
};
