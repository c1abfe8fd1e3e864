// Every check, in the order in which its findings are reported.
import { commandsWithoutTokens, sharedTokens } from "./access.ts";
import type { Check } from "./check.ts";
import {
  emptySets,
  ignoredSettings,
  largeRequests,
  latencyWithoutProbes,
  probeTimes,
  proxyHeaders,
  reachability,
  unusableDestinations,
} from "./destinations.ts";
import { exposedAdmin, tooManyWorkers, wildcardListener } from "./exposure.ts";
import { idleKeepalive, pathWithoutKeys } from "./registrations.ts";
import {
  balancingNothing,
  idleResourceRule,
  scatteredResources,
  tooManyResources,
  unknownResources,
} from "./resources.ts";
import { methodCase, relay, unreachableRoutes, unusedSets } from "./routes.ts";
import { statelessCapacity, statelessChoice, statelessMatch } from "./stateless.ts";
import { unverifiedDestinations } from "./tls.ts";

/** The checks. */
export const CHECKS: readonly Check[] = [
  exposedAdmin,
  commandsWithoutTokens,
  sharedTokens,
  relay,
  wildcardListener,
  emptySets,
  unusableDestinations,
  reachability,
  ignoredSettings,
  latencyWithoutProbes,
  unknownResources,
  tooManyResources,
  scatteredResources,
  balancingNothing,
  idleResourceRule,
  largeRequests,
  proxyHeaders,
  probeTimes,
  unreachableRoutes,
  unusedSets,
  methodCase,
  pathWithoutKeys,
  idleKeepalive,
  statelessChoice,
  statelessMatch,
  statelessCapacity,
  unverifiedDestinations,
  tooManyWorkers,
];
