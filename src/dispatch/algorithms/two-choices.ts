// Load in proportion to capacity, for large sets and for several balancers side by side.
import { selectOfTwo } from "../two-choices.ts";
import { type Algorithm, type DispatcherSet, KeySource, type Live } from "../types.ts";

/** Calls by weight; what is full comes last. */
function cost({ slots, weights, maxCalls }: DispatcherSet, position: number, live: Live): number {
  const load = live.load(slots[position]!);
  const max = maxCalls[position]!;
  if (max > 0 && load >= max) return Number.POSITIVE_INFINITY;
  return (load + 1) / Math.max(weights[position]!, 1e-9);
}

function isBetter(set: DispatcherSet, one: number, other: number, live: Live): boolean {
  return cost(set, one, live) <= cost(set, other, live);
}

/** The power of two choices over calls. */
export const twoChoices: Algorithm = {
  name: "two-choices",
  summary: "Of two destinations drawn by chance the one with fewer calls for its weight.",
  key: KeySource.none,
  uses: ["weight"],
  weighsNow: true,
  goesBy: "chance and the number of calls",
  isPure: false,
  compile: () => new Uint16Array(0),
  select(set: DispatcherSet, _key: number, live: Live, out: Uint16Array): number {
    return selectOfTwo(set, isBetter, live, out);
  },
};
