// The management interfaces of Kamailio and OpenSIPS, off until the configuration turns them on.

import { HttpProblem } from "../problem.ts";
import type { RouteGroup } from "../route-group.ts";
import { answerRpc, type Dialect } from "../rpc/json-rpc.ts";
import { KAMAILIO } from "../rpc/kamailio.ts";
import { OPENSIPS } from "../rpc/opensips.ts";

interface Door {
  readonly path: string;
  readonly key: "kamailioRpc" | "opensipsMi";
  /** The same, as the configuration has it. */
  readonly written: string;
  readonly dialect: Dialect;
}

const DOORS: readonly Door[] = [
  { path: "/RPC", key: "kamailioRpc", written: "kamailio_rpc", dialect: KAMAILIO },
  { path: "/mi", key: "opensipsMi", written: "opensips_mi", dialect: OPENSIPS },
];

/** Kamailio's and OpenSIPS's commands, where they are answered. */
export const rpcRoutes: RouteGroup = {
  name: "rpc",
  operations: [],
  // Their commands say themselves which role they take.
  register(app, { backend, log, accessOf, note }) {
    // A scope of its own: scripts send JSON under any media type, `curl -d` as a form.
    app.register(async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
      for (const { path, key, written, dialect } of DOORS) {
        scope.post(path, { config: { isCommand: true } }, async (request, reply) => {
          const access = accessOf(request);
          // The configuration's check says so, too; a door that decides about calls asks for itself.
          const { tokens, ...open } = backend.access();
          if (!open[key] || tokens.length === 0)
            throw new HttpProblem(404, `there is no POST ${path} without admin.${written}: true and admin.tokens`);
          const text = typeof request.body === "string" ? request.body : "";
          const { status, body } = await answerRpc(dialect, text, {
            backend,
            log,
            access,
            note: (what) => note(request, what),
          });
          return reply.code(status).type("application/json").send(JSON.stringify(body));
        });
      }
    });
  },
};
