// What every route of the admin API is given.
import type { FastifyInstance } from "fastify";
import type { Log } from "../control/log.ts";
import type { AdminBackend, DestinationView } from "./backend.ts";
import type { Metrics } from "./metrics.ts";
import { HttpProblem } from "./problem.ts";

/** Shared by all routes. */
export interface AdminContext {
  readonly backend: AdminBackend;
  readonly metrics: Metrics;
  readonly log: Log;
  /** The fault hook is open (tests only). */
  readonly faults: boolean;
}

/** A group of routes; `routes/index.ts` lists them all. */
export interface RouteGroup {
  readonly name: string;
  register(app: FastifyInstance, context: AdminContext): void;
}

/** The destination that a path names, by its name or its URI. */
export function findDestination(backend: AdminBackend, set: string, name: string): DestinationView {
  const all = backend.destinations().filter((destination) => destination.set === set);
  if (all.length === 0 && !backend.sets().some((known) => known.name === set)) {
    throw new HttpProblem(404, `there is no set "${set}"`);
  }
  const named = all.filter((destination) => destination.name === name);
  const found = named.length > 0 ? named : all.filter((destination) => destination.uri === name);
  const [destination] = found;
  if (destination === undefined) throw new HttpProblem(404, `there is no destination "${name}" in set "${set}"`);
  if (found.length > 1) {
    throw new HttpProblem(409, `${found.length} destinations of set "${set}" are called "${name}"; use their URIs`);
  }
  return destination;
}
