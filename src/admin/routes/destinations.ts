// Destinations: what they are, and what an operator makes of them. Their states are in routes/states.ts.
import { z } from "zod";
import { longDestination } from "../../config/sections/destination.ts";
import { applyChange } from "../apply.ts";
import type { AdminBackend, DestinationView } from "../backend.ts";
import { findDestination } from "../context.ts";
import { AS_WRITTEN, DRY_RUN, operation, patchOf } from "../operation.ts";
import { HttpProblem } from "../problem.ts";
import type { DestinationResource } from "../resources.ts";
import type { RouteGroup } from "../route-group.ts";
import { APPLIED, DESTINATION, DESTINATIONS } from "../schemas.ts";
import { destinationResource } from "../views.ts";

const ALL = "/api/v1/destinations";
/** Path of one destination. */
export const ONE = `${ALL}/:set/:destination`;
/** What all changes have in common. */
const CHANGE = { role: "admin", ifMatch: "required", query: DRY_RUN, answer: APPLIED } as const;
const NEW = z.object({ set: z.string().min(1), uri: z.string().min(1).max(1024) }).loose();
const FILTER = z.strictObject({ set: z.string().optional().describe("Only those of this set.") });

/** Destinations: looked at, added, changed, removed. */
export const destinationRoutes: RouteGroup = {
  name: "destinations",
  operations: [
    operation({
      method: "GET",
      path: ALL,
      id: "listDestinations",
      summary: "State, calls, settings and counters of every destination.",
      role: "viewer",
      query: FILTER,
      answer: DESTINATIONS,
      run({ context: { backend, document }, query: { set }, reply }): DestinationResource[] {
        reply.header("etag", document.setsTag);
        const shown = backend.destinations().filter((one) => set === undefined || one.set === set);
        return shown.map((destination) => destinationResource(backend, destination));
      },
    }),
    operation({
      ...CHANGE,
      method: "POST",
      path: ALL,
      id: "addDestination",
      summary: "Adds a destination to a set; the ETag is that of all destinations.",
      status: 201,
      shape: longDestination.extend({ set: z.string().min(1).describe("The set that it is added to.") }),
      body: NEW,
      run(call) {
        const { body: destination, context } = call;
        const what = `${destination.set} ${destination.uri} added`;
        return applyChange(call, { kind: "add", destination }, () => context.document.setsTag, what);
      },
    }),
    operation({
      method: "GET",
      path: ONE,
      id: "getDestination",
      summary: "One destination, by its name or its URI (percent-encoded).",
      role: "viewer",
      answer: DESTINATION,
      run({ context: { backend, document }, params, reply }): DestinationResource {
        const { destination } = findDestination(backend, params);
        reply.header("etag", document.destinationTag(destination));
        return destinationResource(backend, destination);
      },
    }),
    operation({
      ...CHANGE,
      method: "PATCH",
      path: ONE,
      id: "changeDestination",
      summary: "Changes settings of a destination (a merge patch): weight, priority, max_calls, attrs and the others.",
      shape: patchOf(longDestination.omit({ uri: true, name: true })),
      body: AS_WRITTEN,
      run(call) {
        const { context, body, params } = call;
        const { slot, set, name } = findConfigured(context.backend, params);
        if (Object.keys(body).length === 0)
          throw new HttpProblem(400, "nothing to change: weight, priority, max_calls or another setting");
        const tag = () => context.document.destinationTag(findConfigured(context.backend, params));
        return applyChange(call, { kind: "change", slot, change: body }, tag, `${set} ${name} changed`);
      },
    }),
    operation({
      ...CHANGE,
      method: "DELETE",
      path: ONE,
      id: "removeDestination",
      summary: "Removes a destination; its calls go on.",
      run(call) {
        const { context, params } = call;
        const { slot, set, name } = findConfigured(context.backend, params);
        const tag = () => context.document.destinationTag(findConfigured(context.backend, params));
        return applyChange(call, { kind: "remove", slot }, tag, `${set} ${name} removed`);
      },
    }),
    operation({
      method: "POST",
      path: `${ONE}/forget-calls`,
      id: "forgetCalls",
      summary: "The calls on the destination are over, as far as counting goes: for one that was started again.",
      role: "operator",
      ifMatch: "required",
      answer: z.strictObject({
        forgotten: z.int().min(0).describe("Calls to it that were counted."),
        made: z.int().min(0).describe("Calls that it made, whose resources came back."),
      }),
      async run({ context: { backend, document }, params, precondition }) {
        const { destination, isWhole } = findDestination(backend, params);
        precondition.check(document.destinationTag(destination));
        return await backend.forgetCalls(destination.slot, isWhole);
      },
    }),
  ],
};

/**
 * The destination as configured that a path names: weights and the like belong to it. Throws 404 where there is none, 409 where the path names
 * several, or one of the servers behind a name.
 */
export function findConfigured(backend: AdminBackend, params: Readonly<Record<string, string>>): DestinationView {
  const { destination, isWhole } = findDestination(backend, params);
  if (!isWhole)
    throw new HttpProblem(409, `"${destination.name}" is a server behind "${destination.configured}": change that one`);
  return destination;
}
