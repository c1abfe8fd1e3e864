// Kamailio 12: the first usable one, and every one behind it as a branch.
import { type DispatcherSet, KeySource, type Live } from "../types.ts";
import type { CompatAlgorithm } from "./compat-algorithm.ts";
import { selectFrom } from "./linear-probing.ts";

/** Algorithm 12. */
export const kamailioParallel: CompatAlgorithm = {
  name: "kamailio:12",
  summary: "All destinations at once, as branches of one request.",
  key: KeySource.none,
  uses: ["order"],
  forks: true,
  isPure: true,
  beside: "parallel",
  difference: "None, but for the order of equal priorities (`order`) and `use_default`.",
  deviation:
    "Who is down gets no branch; theirs forks to whoever stands behind the first usable one, up or down. With `use_default` the last one gets its branch like all others, as with theirs. A destination can be marked by what it answers (`failover.mark`), and the next set can follow when all have failed; theirs knows neither here.",
  compile: () => new Uint16Array(0),
  select(set: DispatcherSet, _key: number, live: Live, out: Uint16Array): number {
    return selectFrom(set, 0, live, out);
  },
};
