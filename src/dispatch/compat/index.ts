// The algorithms of Kamailio's and OpenSIPS's dispatchers by their numbers, and those that we refuse, with the reason.
import type { CompatAlgorithm, RefusedAlgorithm } from "./compat-algorithm.ts";
import { kamailioAuthUser, kamailioHashes, kamailioKey } from "./kamailio-hashes.ts";
import { kamailioLatency } from "./kamailio-latency.ts";
import { kamailioCallLoad, kamailioRandom, kamailioSerial } from "./kamailio-order.ts";
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
  kamailioLatency,
  kamailioRoundRobinOrSerial,
  kamailioPriorityWeights,
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
    name: "kamailio:12",
    why: "it forks every request to all destinations, and this version does not fork",
    instead: "priority",
  },
  {
    name: "kamailio:64",
    why: "it is round robin that leaves out whom the script has told of overload, and there is no script",
    instead: "kamailio:4",
  },
  {
    name: "opensips:9",
    why: "it sorts by a variable that the script sets, and there is no script",
    instead: "call-load",
  },
  {
    name: "opensips:10",
    why: "it sorts by what a route of the script returns, and there is no script; what is free of a destination's `resources` is counted here, and their capacities can be changed at any time",
    instead: "load-balancer",
  },
];
