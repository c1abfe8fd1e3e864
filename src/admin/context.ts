// What every route of the admin API is given.
import type { FastifyRequest } from "fastify";
import type { Log } from "../control/log.ts";
import type { Access } from "./access.ts";
import type { AuditLog } from "./audit-log.ts";
import type { AdminBackend, DestinationView } from "./backend.ts";
import type { ConfigurationDocument } from "./document.ts";
import type { EventStreams } from "./event-streams.ts";
import type { Metrics } from "./metrics.ts";
import { HttpProblem } from "./problem.ts";

/** Shared by all routes. */
export interface AdminContext {
  readonly backend: AdminBackend;
  readonly metrics: Metrics;
  readonly log: Log;
  /** The configuration in force, and its tags. */
  readonly document: ConfigurationDocument;
  readonly audit: AuditLog;
  /** Who follows the events. */
  readonly streams: EventStreams;
  /** The description of the API. */
  readonly openapi: () => Readonly<Record<string, unknown>>;
  /** Who sent a request that was let in. */
  readonly accessOf: (request: FastifyRequest) => Access;
  /** Whether who sent it would be let in now. */
  readonly isWelcome: (request: FastifyRequest) => boolean;
  /** What the audit log shall say besides the request; a foreign command that says nothing is not in it. */
  readonly note: (request: FastifyRequest, what: string) => void;
}

/** What a path names. */
export interface FoundDestination {
  readonly destination: DestinationView;
  /** It is the destination as configured, with all the servers that a host name stands for, and not one of these. */
  readonly isWhole: boolean;
}

/** The destination that a path names (`set`, `destination`), by its name or its URI, or one of the servers behind it. */
export function findDestination(
  backend: Pick<AdminBackend, "destinations" | "sets">,
  { set = "", destination: name = "" }: Readonly<Record<string, string>>,
): FoundDestination {
  const all = backend.destinations().filter((destination) => destination.set === set);
  if (all.length === 0 && !backend.sets().some((known) => known.name === set)) {
    throw new HttpProblem(404, `there is no set "${set}"`);
  }
  const named = all.filter((destination) => destination.name === name);
  const configured = all.filter((destination) => destination.configured === name);
  const whole = configured.length > 0 ? configured : all.filter((destination) => destination.uri === name);
  const found = named.length > 0 ? named : whole;
  const [destination] = found;
  if (destination === undefined) throw new HttpProblem(404, `there is no destination "${name}" in set "${set}"`);
  if (named.length > 1 || found.some(({ configured: own }) => own !== destination.configured)) {
    throw new HttpProblem(409, `${found.length} destinations of set "${set}" are called "${name}"; use their URIs`);
  }
  return { destination, isWhole: named.length === 0 || destination.name === destination.configured };
}
