// What is in progress: transactions, dialogs, and how many calls each destination carries.
import type { RouteGroup } from "../context.ts";
import type { CallsResource } from "../resources.ts";
import { workerResource } from "../views.ts";

export const callsRoutes: RouteGroup = {
  name: "calls",
  register(app, { backend }) {
    app.get("/api/v1/calls", (): CallsResource => {
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
    });
  },
};
