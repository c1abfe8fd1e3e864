// What the algorithms of other products have in common: their names are `PRODUCT:NUMBER`, and beside each stands one of ours.
import type { Algorithm } from "../types.ts";

/** An algorithm as Kamailio's or OpenSIPS's dispatcher has it, defects included. */
export interface CompatAlgorithm extends Algorithm {
  /** Name of ours that serves the same purpose. */
  readonly beside: string;
  /** What ours does otherwise. */
  readonly difference: string;
  /** Where this one is not theirs to the letter, and why; absent: it is. */
  readonly deviation?: string;
}

/** What every one of Kamailio's does otherwise than theirs under `use_default`. */
export const DEFAULT_DEPARTURE =
  "With `use_default`, the last destination ends the failover list only while it is usable; theirs (5.6.3) puts it there when it is down as well.";

/** What all of theirs have otherwise: what it is, theirs, ours. */
export const DEPARTURES: readonly (readonly [string, string, string])[] = [
  [
    "failover list",
    "As long as the set (OpenSIPS: 1,000 destinations, or what the script asks for).",
    "At most 16 candidates for a request, over all sets of its route; `tries` above 16 is warned of.",
  ],
  [
    "`force_dst`",
    "With 0, choosing fails where the request already has a next hop (`$du`).",
    "Nothing sets a next hop before the choice, so that there is nothing to keep.",
  ],
  [
    "marking",
    'OpenSIPS\'s `ds_mark_dst("p")` counts to `ds_probing_threshold` before it takes a destination out; `"i"` is at once.',
    "`failover.mark` is at once, whichever state it leads to ([routing](../guide/routing.md#marking)).",
  ],
  [
    "`load_balancer`",
    "A server in two groups has its capacity in each; a request is moved on by the script (`lb_next`); `/b` and `/s` behind a resource.",
    "`load-balancer`: capacities count once unless `shared: false`; failover chooses again by itself; `/b` and `/s` mean nothing. All of it: [resources](../guide/resources.md#from-an-opensips-script).",
  ],
];
