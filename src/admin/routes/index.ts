// The admin API's route groups. A new one is one file and one line here.
import type { RouteGroup } from "../context.ts";
import { callsRoutes } from "./calls.ts";
import { configRoutes } from "./config.ts";
import { counterRoutes } from "./counters.ts";
import { destinationRoutes } from "./destinations.ts";
import { faultRoutes } from "./fault.ts";
import { healthRoutes } from "./health.ts";
import { rpcRoutes } from "./rpc.ts";
import { setRoutes } from "./sets.ts";

export const ROUTE_GROUPS: readonly RouteGroup[] = [
  healthRoutes,
  setRoutes,
  destinationRoutes,
  callsRoutes,
  counterRoutes,
  configRoutes,
  rpcRoutes,
  faultRoutes,
];
