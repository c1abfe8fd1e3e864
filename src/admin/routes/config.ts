// The configuration in force, without its secrets; another one in its place; and reading the files again.
import { z } from "zod";
import { applyChange, resultOf } from "../apply.ts";
import { DRY_RUN, operation } from "../operation.ts";
import type { ConfigurationResource } from "../resources.ts";
import type { RouteGroup } from "../route-group.ts";
import { APPLIED, CONFIGURATION } from "../schemas.ts";

const PATH = "/api/v1/config";
/** As much as a file may have. */
const MOST_BYTES = 8 * 1_048_576;

/** The configuration as a whole, and reloads. */
export const configRoutes: RouteGroup = {
  name: "config",
  operations: [
    operation({
      method: "GET",
      path: PATH,
      id: "getConfiguration",
      summary: "The configuration in force, changes at run time and defaults included, secrets taken out.",
      role: "viewer",
      answer: CONFIGURATION,
      run({ context: { backend, document }, reply }): ConfigurationResource {
        const { generation, loadedAt } = backend.process();
        reply.header("etag", document.tag);
        return { generation, loaded_at: new Date(loadedAt).toISOString(), config: document.json };
      },
    }),
    operation({
      method: "PUT",
      path: PATH,
      id: "putConfiguration",
      summary:
        "Another configuration, as the text of a fairlead.yaml. Sections that hold secrets or start programs stay what the file says.",
      role: "admin",
      ifMatch: "required",
      query: DRY_RUN,
      isYaml: true,
      bodyLimit: MOST_BYTES,
      body: z.string().min(1, "a configuration is expected"),
      answer: APPLIED,
      run(call) {
        const { body: text, context } = call;
        return applyChange(call, { kind: "configuration", text }, () => context.document.tag, "another configuration");
      },
    }),
    operation({
      method: "POST",
      path: "/api/v1/reload",
      id: "reload",
      summary: "Reads the files again; a wrong configuration changes nothing.",
      role: "operator",
      ifMatch: "optional",
      answer: APPLIED,
      async run({ context: { backend, document, log }, precondition, access }) {
        precondition.check(document.tag);
        const applied = await backend.reload();
        const { ok, generation } = applied;
        log.info({ ok, generation, by: access.name }, "an operator asked for a reload");
        return resultOf(applied);
      },
    }),
  ],
};
