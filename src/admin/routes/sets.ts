// Dispatcher sets: what they are, and what an operator makes of them.
import { set as setSchema } from "../../config/sections/sets.ts";
import { applyChange } from "../apply.ts";
import type { AdminBackend, SetView } from "../backend.ts";
import { AS_WRITTEN, DRY_RUN, operation, patchOf } from "../operation.ts";
import { HttpProblem } from "../problem.ts";
import type { SetDetailResource, SetResource } from "../resources.ts";
import type { RouteGroup } from "../route-group.ts";
import { APPLIED, SET_DETAIL, SETS } from "../schemas.ts";
import { destinationResource, setResource } from "../views.ts";

const ALL = "/api/v1/sets";
/** Path of one set. */
export const ONE_SET = `${ALL}/:set`;
/** What all changes have in common. */
const CHANGE = { role: "admin", ifMatch: "required", query: DRY_RUN, answer: APPLIED } as const;

/** Dispatcher sets: looked at, added, changed, removed. */
export const setRoutes: RouteGroup = {
  name: "sets",
  operations: [
    operation({
      method: "GET",
      path: ALL,
      id: "listSets",
      summary: "All sets: algorithm, usable destinations, calls.",
      role: "viewer",
      answer: SETS,
      run({ context: { backend, document }, reply }): SetResource[] {
        reply.header("etag", document.setsTag);
        const destinations = Map.groupBy(backend.destinations(), ({ set }) => set);
        return backend.sets().map((set) => setResource(backend, set, destinations.get(set.name) ?? []));
      },
    }),
    operation({
      method: "GET",
      path: ONE_SET,
      id: "getSet",
      summary: "One set with its destinations.",
      role: "viewer",
      answer: SET_DETAIL,
      run({ context: { backend, document }, params, reply }): SetDetailResource {
        const set = findSet(backend, params.set);
        reply.header("etag", document.setTag(set.name));
        const own = backend.destinations().filter((destination) => destination.set === set.name);
        const destinations = own.map((destination) => destinationResource(backend, destination));
        return { ...setResource(backend, set, own), destinations };
      },
    }),
    operation({
      ...CHANGE,
      method: "PUT",
      path: ONE_SET,
      id: "putSet",
      summary: "Adds a set, or puts one in the place of the set of that name, as fairlead.yaml would say it.",
      shape: setSchema,
      body: AS_WRITTEN,
      run(call) {
        const { params, context, body } = call;
        const { set = "" } = params;
        return applyChange(
          call,
          { kind: "put-set", set, given: body },
          () => context.document.setTag(set),
          `set ${set} put`,
        );
      },
    }),
    operation({
      ...CHANGE,
      method: "PATCH",
      path: ONE_SET,
      id: "changeSet",
      summary: "Changes settings of a set (a merge patch); its destinations stay.",
      shape: patchOf(setSchema.omit({ destinations: true })),
      body: AS_WRITTEN,
      run(call) {
        const { params, context, body } = call;
        const { name } = findSet(context.backend, params.set);
        if (Object.keys(body).length === 0) throw new HttpProblem(400, "nothing to change");
        const change = { kind: "change-set", set: name, change: body } as const;
        return applyChange(call, change, () => context.document.setTag(name), `set ${name} changed`);
      },
    }),
    operation({
      ...CHANGE,
      method: "DELETE",
      path: ONE_SET,
      id: "removeSet",
      summary: "Removes a set that no route leads to.",
      run(call) {
        const { name } = findSet(call.context.backend, call.params.set);
        const tag = () => call.context.document.setTag(name);
        return applyChange(call, { kind: "remove-set", set: name }, tag, `set ${name} removed`);
      },
    }),
  ],
};

/** The set of that name in the configuration in force. Throws 404. */
export function findSet(backend: AdminBackend, name: string | undefined): SetView {
  const set = backend.sets().find((known) => known.name === name);
  if (set === undefined) throw new HttpProblem(404, `there is no set "${name}"`);
  return set;
}
