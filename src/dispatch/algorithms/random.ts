// Chance: no shared turn, and no order that two load balancers in a row could fall into.
import { compileHashSlots, selectSpread } from "../hash-slots.ts";
import { type Algorithm, type DispatcherSet, KeySource, type Live } from "../types.ts";

/** Kamailio's algorithm 6, except that the share of an unusable destination goes to all others. */
export const random: Algorithm = {
  name: "random",
  summary: "A random destination, each equally likely.",
  key: KeySource.none,
  kamailio: [6],
  goesBy: "chance",
  isPure: false,
  compile: compileHashSlots,
  select(set: DispatcherSet, _key: number, live: Live, out: Uint16Array): number {
    return selectSpread(set, live.random(), live, out);
  },
};
