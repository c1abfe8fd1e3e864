// Section `sets`: dispatcher sets, by name.
import { z } from "zod";
import { ALGORITHMS } from "../../dispatch/algorithms/index.ts";
import { refuse } from "../values/issue.ts";
import { isName } from "../values/reference.ts";
import { type DestinationConfig, destination } from "./destination.ts";
import { type FailoverConfig, failover, type UnavailableConfig, unavailable } from "./failover.ts";
import { type PassiveConfig, type ProbeConfig, passive, probe } from "./probe.ts";

/** How a hash algorithm goes on when the slot it computed is not usable (dispatch/types.ts SlotChoice). */
export const SLOT_CHOICES = ["spread", "kamailio"] as const;
/** Order of equal priorities: as written, or reversed as Kamailio does (dispatch/order.ts). */
export const ORDERS = ["written", "kamailio"] as const;

/** A dispatcher set. `destinations` stand as written; `order` says how to sort them. */
export interface SetConfig {
  readonly name: string;
  /** Name of a registered algorithm. */
  readonly algorithm: string;
  readonly slots: (typeof SLOT_CHOICES)[number];
  readonly order: (typeof ORDERS)[number];
  readonly destinations: readonly DestinationConfig[];
  /** Null: off. */
  readonly probe: ProbeConfig | null;
  readonly passive: PassiveConfig;
  readonly failover: FailoverConfig;
  readonly unavailable: UnavailableConfig;
}

const algorithmNames = ALGORITHMS.map((algorithm) => algorithm.name);

/** Schema of one set, without its name. */
export const set = z.strictObject({
  algorithm: z
    .enum(algorithmNames as [string, ...string[]])
    .default("round-robin")
    .describe("How candidates are ordered, see [algorithms](algorithms.md)."),
  slots: z
    .enum(SLOT_CHOICES)
    .default("spread")
    .describe(
      "Hash algorithms, when the chosen destination is down: `spread` its share over all that remain, or take the next index as `kamailio` does.",
    ),
  order: z
    .enum(ORDERS)
    .default("written")
    .describe(
      "Order of destinations of equal priority: as `written`, or reversed as `kamailio` has it. The higher priority comes first in both.",
    ),
  destinations: z.array(destination).max(65_536).default([]).describe("The servers of this set."),
  probe,
  passive,
  failover,
  unavailable,
});

/** Schema of the section; output in the order of writing, except that numbers come first. */
export const sets = z
  .record(z.string(), set)
  .prefault({})
  .transform((map, sink): SetConfig[] => {
    for (const name of Object.keys(map)) {
      if (isName(name) && name !== "any") continue;
      refuse(
        sink,
        map,
        `"${name}" cannot name a set`,
        name === "any" ? "routes use it for every set" : "letters, digits, _ . -",
        [name],
      );
    }
    return Object.entries(map).map(([name, value]) => ({ name, ...value }));
  })
  .describe("Dispatcher sets by name (or number): destinations that serve the same thing.");
