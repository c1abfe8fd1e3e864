// Section `sets`: dispatcher sets, by name.
import { z } from "zod";
import type { OutlierSettings } from "../../health/outlier-settings.ts";
import { ALGORITHM_NAMES, algorithmFault, boundFault, isCompat, keyFault } from "../values/algorithm.ts";
import { refuse } from "../values/issue.ts";
import { isName, reference } from "../values/reference.ts";
import { type DestinationConfig, destination } from "./destination.ts";
import { type FailoverConfig, failover, type UnavailableConfig, unavailable } from "./failover.ts";
import { key } from "./key.ts";
import { outliers, slowStart } from "./outliers.ts";
import { type PassiveConfig, type ProbeConfig, passive, probe } from "./probe.ts";
import { type SetResourcesConfig, setResources } from "./resources.ts";

/** How a hash algorithm goes on when the slot it computed is not usable (dispatch/types.ts SlotChoice). */
export const SLOT_CHOICES = ["spread", "kamailio"] as const;
/** Order of equal priorities: as written, or reversed as Kamailio does (dispatch/order.ts). */
export const ORDERS = ["written", "kamailio"] as const;

/** As many candidates as a transaction keeps. */
const MOST_BRANCHES = 16;
/** Branches of a fork where nobody says how many. */
export const USUAL_BRANCHES = 12;
/** Milliseconds, where destinations are ejected. */
const USUAL_SLOW_START = 30_000;

/** The order under an algorithm where none is asked for. */
export function usualOrder(algorithm: string): (typeof ORDERS)[number] {
  return algorithm.startsWith("kamailio:") ? "kamailio" : "written";
}

/** A dispatcher set. `destinations` stand as written; `order` says how to sort them. */
export interface SetConfig {
  readonly name: string;
  /** Name of a registered algorithm. */
  readonly algorithm: string;
  readonly slots: (typeof SLOT_CHOICES)[number];
  readonly order: (typeof ORDERS)[number];
  /** What is hashed instead of the algorithm's own key; absent: that one. */
  readonly key?: string;
  /** How many times its share of all calls a destination may have, under algorithms with such a bound; absent: 1.25. */
  readonly loadBound?: number;
  /** The last destination of the order is kept for when no other can; only under an algorithm of another product. */
  readonly useDefault: boolean;
  /** To how many destinations a request goes at once, where the algorithm forks. */
  readonly maxBranches: number;
  readonly resources: SetResourcesConfig;
  readonly destinations: readonly DestinationConfig[];
  /** Null: off. */
  readonly probe: ProbeConfig | null;
  readonly passive: PassiveConfig;
  /** Null: nobody is ejected. */
  readonly outliers: OutlierSettings | null;
  /** Milliseconds; 0: who comes back has its whole share at once. */
  readonly slowStart: number;
  readonly failover: FailoverConfig;
  readonly unavailable: UnavailableConfig;
  /** Name of the TLS profile of its destinations of TLS; absent: the default one. */
  readonly tls?: string | undefined;
  /** Name of the source whose table it comes from; absent: the configuration has it. */
  readonly source?: string;
}

/** Schema of an algorithm's name, as a text or a number. */
export const algorithm = z
  .union([z.enum(ALGORITHM_NAMES as [string, ...string[]]), z.string(), z.int()])
  .transform((value, sink): string => {
    const fault = algorithmFault(String(value));
    return fault === null ? String(value) : refuse(sink, value, fault.what, fault.hint);
  });

/** Schema of one set, without its name. */
export const set = z.strictObject({
  algorithm: algorithm
    .prefault("round-robin")
    .describe(
      "How candidates are ordered, see [algorithms](algorithms.md); `kamailio:9` or `opensips:4`: as theirs does; `own:NAME`: one of `algorithms`.",
    ),
  slots: z
    .enum(SLOT_CHOICES)
    .default("spread")
    .describe(
      "Hash algorithms, when the chosen destination is down: `spread` its share over all that remain, or take the next index as `kamailio` does.",
    ),
  order: z
    .enum(ORDERS)
    .optional()
    .describe(
      "Order of destinations of equal priority: as `written`, or reversed as `kamailio` has it. The higher priority comes first in both. Default: `kamailio` under the algorithms `kamailio:N`, else `written`.",
    ),
  key: key
    .optional()
    .describe(
      "What a hash algorithm hashes instead of its own key: `call-id`, `from`, `to`, `request-uri`, `auth-user`, or a text with parts in braces, as `{from.user}@{header:X-Account}`, or Kamailio's pseudo-variables.",
    ),
  load_bound: z
    .number()
    .min(1.01)
    .max(100)
    .optional()
    .describe(
      "Under `consistent-hash-bounded` and `rendezvous-hash`: a destination with this many times its share of all calls of the set, by weight, is passed over. Default: 1.25.",
    ),
  use_default: z
    .boolean()
    .default(false)
    .describe(
      "Under `kamailio:N` and `opensips:N`: the last destination of the order gets calls only when no other can (Kamailio's `use_default`, OpenSIPS's flag `d`).",
    ),
  max_branches: z
    .int()
    .min(1)
    .max(MOST_BRANCHES)
    .default(USUAL_BRANCHES)
    .describe(
      "Under `parallel` and `kamailio:12`: to how many destinations a request goes at once, the first in the order (Kamailio's `max_branches`). Fewer where the request's Max-Breadth says so.",
    ),
  resources: setResources.describe("Named resources of this set, or only the list of those that its calls need."),
  destinations: z.array(destination).max(65_536).default([]).describe("The servers of this set."),
  probe,
  passive,
  outliers,
  slow_start: slowStart,
  failover,
  unavailable,
  tls: reference
    .optional()
    .describe("Name of the TLS profile of those destinations that name none. Default: `default`."),
});

/** What the schema of one set makes of it; `fail` hears what does not go together, with the key (below the set) in question. */
export function finishSet(
  name: string,
  value: z.output<typeof set>,
  fail: (what: string, hint: string, at: string[]) => void,
): SetConfig {
  const { order, use_default: useDefault, max_branches: maxBranches, ...unordered } = value;
  const { key: hashed, load_bound: bound, slow_start, ...rest } = unordered;
  if (useDefault && !isCompat(rest.algorithm)) {
    const what = `use_default is for algorithms of Kamailio and OpenSIPS, not for ${rest.algorithm}`;
    fail(what, "weight: 0 under weighted and consistent-hash, a low priority under priority", ["use_default"]);
  }
  const fault = keyFault(rest.algorithm, hashed);
  if (fault !== null) fail(fault.what, fault.hint, [hashed === undefined ? "algorithm" : "key"]);
  const wrongBound = bound === undefined ? null : boundFault(rest.algorithm);
  if (wrongBound !== null) fail(wrongBound.what, wrongBound.hint, ["load_bound"]);
  const slowStart = slow_start ?? (rest.outliers === null ? 0 : USUAL_SLOW_START);
  const ordered = { order: order ?? usualOrder(rest.algorithm), useDefault, maxBranches };
  const optional = {
    ...(hashed === undefined ? {} : { key: hashed }),
    ...(bound === undefined ? {} : { loadBound: bound }),
  };
  return { name, ...rest, ...ordered, slowStart, ...optional };
}

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
    return Object.entries(map).map(([name, value]) =>
      finishSet(name, value, (what, hint, at) => refuse(sink, map, what, hint, [name, ...at])),
    );
  })
  .describe("Dispatcher sets by name (or number): destinations that serve the same thing.");
