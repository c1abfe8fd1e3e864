// Routes: which request goes where, in which order.
import { z } from "zod";
import { routes as routesSchema } from "../../config/sections/routes.ts";
import { isObject } from "../../config/values/object.ts";
import { applyChange } from "../apply.ts";
import { DRY_RUN, operation } from "../operation.ts";
import type { RouteGroup } from "../route-group.ts";
import { APPLIED, ROUTES } from "../schemas.ts";

const PATH = "/api/v1/routes";

/** The routes of requests, as a list. */
export const routeRoutes: RouteGroup = {
  name: "routes",
  operations: [
    operation({
      method: "GET",
      path: PATH,
      id: "listRoutes",
      summary: "The routes in their order, as in fairlead.yaml; the first match wins.",
      role: "viewer",
      answer: ROUTES,
      run({ context: { document }, reply }): readonly unknown[] {
        reply.header("etag", document.routesTag);
        const { routes } = document.json;
        return Array.isArray(routes) ? routes : [];
      },
    }),
    operation({
      method: "PUT",
      path: PATH,
      id: "putRoutes",
      summary: "Other routes, or the same ones in another order.",
      role: "admin",
      ifMatch: "required",
      query: DRY_RUN,
      shape: routesSchema,
      body: z.array(z.unknown()),
      answer: APPLIED,
      run(call) {
        const { body, context } = call;
        const what = `routes: ${body.map((each) => (isObject(each) ? (each.name ?? "?") : "?")).join(", ")}`;
        return applyChange(
          call,
          { kind: "routes", routes: body },
          () => context.document.routesTag,
          what.slice(0, 500),
        );
      },
    }),
  ],
};
