// Calls go where answers come quickly, and a server that grows slow is left alone at once.
import { selectOfTwo } from "../two-choices.ts";
import { type Algorithm, type DispatcherSet, KeySource, type Live } from "../types.ts";

/** Peak-weighted answer time for each call that is there and the one that would come; unknown is the best there is. */
function cost({ slots, weights, maxCalls }: DispatcherSet, position: number, live: Live): number {
  const slot = slots[position]!;
  const load = live.load(slot);
  const max = maxCalls[position]!;
  if (max > 0 && load >= max) return Number.POSITIVE_INFINITY;
  return ((live.answerTime(slot) + 1) * (load + 1)) / Math.max(weights[position]!, 1e-9);
}

function isBetter(set: DispatcherSet, one: number, other: number, live: Live): boolean {
  return cost(set, one, live) <= cost(set, other, live);
}

/** The power of two choices over answer times (peak EWMA); our answer to Kamailio's 13. */
export const fastest: Algorithm = {
  name: "fastest",
  summary: "Of two destinations drawn by chance the one whose answers come sooner, its calls counted in.",
  key: KeySource.none,
  kamailio: [13],
  uses: ["weight", "latency"],
  weighsNow: true,
  goesBy: "chance and the latest answers",
  isPure: false,
  compile: () => new Uint16Array(0),
  select(set: DispatcherSet, _key: number, live: Live, out: Uint16Array): number {
    return selectOfTwo(set, isBetter, live, out);
  },
};
