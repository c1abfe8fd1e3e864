// The admin API's route groups. A new one is one file and one line here.

import type { Operation } from "../operation.ts";
import type { RouteGroup } from "../route-group.ts";
import { auditRoutes } from "./audit.ts";
import { callsRoutes } from "./calls.ts";
import { configRoutes } from "./config.ts";
import { counterRoutes } from "./counters.ts";
import { destinationRoutes } from "./destinations.ts";
import { eventRoutes } from "./events.ts";
import { faultRoutes } from "./fault.ts";
import { healthRoutes } from "./health.ts";
import { openapiRoutes } from "./openapi.ts";
import { probingRoutes } from "./probing.ts";
import { routeRoutes } from "./routes.ts";
import { rpcRoutes } from "./rpc.ts";
import { scoreRoutes } from "./scores.ts";
import { setRoutes } from "./sets.ts";
import { sourceRoutes } from "./sources.ts";
import { stateRoutes } from "./states.ts";

/** Everything that the API can do. */
export const ROUTE_GROUPS: readonly RouteGroup[] = [
  healthRoutes,
  setRoutes,
  destinationRoutes,
  stateRoutes,
  probingRoutes,
  scoreRoutes,
  routeRoutes,
  sourceRoutes,
  callsRoutes,
  counterRoutes,
  configRoutes,
  eventRoutes,
  auditRoutes,
  openapiRoutes,
  rpcRoutes,
  faultRoutes,
];

/** What the REST API can do. */
export const OPERATIONS: readonly Operation[] = ROUTE_GROUPS.flatMap(({ operations }) => operations);
