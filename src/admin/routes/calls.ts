// What is in progress: transactions, dialogs, and how many calls each destination carries.

import { CALL_PAGE, CALL_QUERY, type CallPageResource, callPageResource } from "../call-list.ts";
import { findDestination } from "../context.ts";
import { operation } from "../operation.ts";
import { HttpProblem } from "../problem.ts";
import type { CallsResource } from "../resources.ts";
import type { RouteGroup } from "../route-group.ts";
import { CALLS } from "../schemas.ts";
import { workerResource } from "../views.ts";
import { ONE } from "./destinations.ts";

/** What is going on, in figures. */
export const callsRoutes: RouteGroup = {
  name: "calls",
  operations: [
    operation({
      method: "GET",
      path: "/api/v1/calls",
      id: "getCalls",
      summary: "Transactions and dialogs by worker, calls by destination.",
      role: "viewer",
      answer: CALLS,
      run({ context: { backend } }): CallsResource {
        const workers = backend.workers();
        const destinations = backend.destinations().map(({ slot, set, name, state, maxCalls }) => {
          return { set, name, state, load: backend.live.load(slot), max_calls: maxCalls };
        });
        return {
          transactions: workers.reduce((sum, { transactions }) => sum + transactions, 0),
          dialogs: workers.reduce((sum, { dialogs }) => sum + dialogs, 0),
          workers: workers.map(workerResource),
          destinations,
        };
      },
    }),
    operation({
      method: "GET",
      path: `${ONE}/calls`,
      id: "listCalls",
      summary: "The calls of a destination, a page at a time: since when, who called, by which listener.",
      role: "viewer",
      query: CALL_QUERY,
      answer: CALL_PAGE,
      async run({ context: { backend }, params, query: { after, limit } }): Promise<CallPageResource> {
        const { destination, isWhole } = findDestination(backend, params);
        const page = await backend.listCalls(destination.slot, isWhole, after, limit);
        if (page === null) throw new HttpProblem(400, "after: it is not the `next` of a page");
        return callPageResource(page);
      },
    }),
  ],
};
