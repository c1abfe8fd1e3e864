// The algorithms of Kamailio's and OpenSIPS's dispatchers by their numbers.
import type { CompatAlgorithm } from "./compat-algorithm.ts";
import { kamailioAuthUser, kamailioHashes, kamailioKey } from "./kamailio-hashes.ts";
import { kamailioLatency } from "./kamailio-latency.ts";
import { kamailioCallLoad, kamailioRandom, kamailioSerial } from "./kamailio-order.ts";
import { kamailioOverload } from "./kamailio-overload.ts";
import { kamailioParallel } from "./kamailio-parallel.ts";
import { kamailioPriorityWeights, kamailioRelativeWeights, kamailioWeights } from "./kamailio-shares.ts";
import { kamailioRoundRobin, kamailioRoundRobinOrSerial } from "./kamailio-turns.ts";
import {
  opensipsAuthUser,
  opensipsFirst,
  opensipsHashes,
  opensipsKey,
  opensipsRandom,
  opensipsRoundRobin,
} from "./opensips.ts";
import { opensipsRoute, opensipsVariable } from "./opensips-scores.ts";

/** Every one that there is, product by product, in the order of the numbers. */
export const COMPAT: readonly CompatAlgorithm[] = [
  ...kamailioHashes,
  kamailioRoundRobin,
  kamailioAuthUser,
  kamailioRandom,
  kamailioKey,
  kamailioSerial,
  kamailioWeights,
  kamailioCallLoad,
  kamailioRelativeWeights,
  kamailioParallel,
  kamailioLatency,
  kamailioRoundRobinOrSerial,
  kamailioPriorityWeights,
  kamailioOverload,
  ...opensipsHashes,
  opensipsRoundRobin,
  opensipsAuthUser,
  opensipsRandom,
  opensipsKey,
  opensipsFirst,
  opensipsVariable,
  opensipsRoute,
];
