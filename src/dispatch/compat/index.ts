// The algorithms of Kamailio's and OpenSIPS's dispatchers by their numbers, and those that we refuse, with the reason.
import type { CompatAlgorithm, RefusedAlgorithm } from "./compat-algorithm.ts";
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
];

/** Those that are known and not there. */
export const REFUSED: readonly RefusedAlgorithm[] = [
  {
    name: "opensips:9",
    why: "it sorts by a variable that the script sets, and there is no script (an algorithm of your own, `own:NAME`, sorts by what it likes)",
    instead: "call-load",
  },
  {
    name: "opensips:10",
    why: "it sorts by what a route of the script returns, and there is no script (an algorithm of your own, `own:NAME`, is such a route as a function); what is free of a destination's `resources` is counted here, and their capacities can be changed at any time",
    instead: "load-balancer",
  },
];
