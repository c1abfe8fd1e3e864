// Dispatcher sets.
import type { RouteGroup } from "../context.ts";
import { HttpProblem } from "../problem.ts";
import type { SetDetailResource, SetResource } from "../resources.ts";
import { destinationResource, setResource } from "../views.ts";

export const setRoutes: RouteGroup = {
  name: "sets",
  register(app, { backend }) {
    app.get("/api/v1/sets", (): SetResource[] => {
      const destinations = Map.groupBy(backend.destinations(), ({ set }) => set);
      return backend.sets().map((set) => setResource(backend, set, destinations.get(set.name) ?? []));
    });

    app.get<{ Params: { set: string } }>("/api/v1/sets/:set", (request): SetDetailResource => {
      const { set: name } = request.params;
      const set = backend.sets().find((known) => known.name === name);
      if (set === undefined) throw new HttpProblem(404, `there is no set "${name}"`);
      const own = backend.destinations().filter((destination) => destination.set === name);
      const resource = setResource(backend, set, own);
      return { ...resource, destinations: own.map((destination) => destinationResource(backend, destination)) };
    });
  },
};
