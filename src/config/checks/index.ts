// Every check, in the order in which its findings are reported.
import { commandsWithoutTokens, sharedTokens } from "./access.ts";
import type { Check } from "./check.ts";
import { idleCongestionControl } from "./congestion.ts";
import {
  emptySets,
  ignoredSettings,
  largeRequests,
  latencyWithoutProbes,
  probeListeners,
  probeTimes,
  proxyHeaders,
  reachability,
  sameDestinations,
  unusableDestinations,
} from "./destinations.ts";
import { exposedAdmin, tooManyWorkers, wildcardListener } from "./exposure.ts";
import { idleBranches, idleRingTimes, idleTries, idleUnderOwn, overloadAttributes } from "./idle-settings.ts";
import { silenceForGood } from "./marks.ts";
import { mistypedMethods } from "./methods.ts";
import { refusalsOfNobody } from "./outliers.ts";
import { patternCosts } from "./patterns.ts";
import { briefConnections, idleKeepalive, pathWithoutKeys } from "./registrations.ts";
import {
  balancingNothing,
  idleResourceRule,
  scatteredResources,
  tooManyResources,
  unknownResources,
} from "./resources.ts";
import { relay, unreachableRoutes, unusedSets } from "./routes.ts";
import { statelessCapacity, statelessChoice, statelessFork, statelessMatch } from "./stateless.ts";
import { unverifiedDestinations } from "./tls.ts";
import { idleToldWeights } from "./told-weights.ts";

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
  sameDestinations,
  ignoredSettings,
  idleToldWeights,
  idleUnderOwn,
  idleBranches,
  idleRingTimes,
  idleTries,
  overloadAttributes,
  latencyWithoutProbes,
  idleCongestionControl,
  unknownResources,
  tooManyResources,
  scatteredResources,
  balancingNothing,
  idleResourceRule,
  largeRequests,
  proxyHeaders,
  probeTimes,
  probeListeners,
  patternCosts,
  refusalsOfNobody,
  silenceForGood,
  unreachableRoutes,
  unusedSets,
  mistypedMethods,
  pathWithoutKeys,
  briefConnections,
  idleKeepalive,
  statelessChoice,
  statelessFork,
  statelessMatch,
  statelessCapacity,
  unverifiedDestinations,
  tooManyWorkers,
];
