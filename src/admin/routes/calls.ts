// What is in progress: transactions, dialogs, and how many calls each destination carries.

import { operation } from "../operation.ts";
import type { CallsResource } from "../resources.ts";
import type { RouteGroup } from "../route-group.ts";
import { CALLS } from "../schemas.ts";
import { workerResource } from "../views.ts";

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
  ],
};
