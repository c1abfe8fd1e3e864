// A group of routes of the admin server; `routes/index.ts` lists them all.
import type { FastifyInstance } from "fastify";
import type { AdminContext } from "./context.ts";
import type { Operation } from "./operation.ts";

/** A group. */
export interface RouteGroup {
  readonly name: string;
  readonly operations: readonly Operation[];
  /** For what is no operation of the REST API. */
  register?(app: FastifyInstance, context: AdminContext): void;
}
