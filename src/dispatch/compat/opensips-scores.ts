// OpenSIPS 9 and 10: in the order of numbers that somebody else has worked out. There the script does, here who tells scores.
import { rank } from "../lowest-first.ts";
import { type DispatcherSet, KeySource, type Live } from "../types.ts";
import type { CompatAlgorithm } from "./compat-algorithm.ts";
import { appendDefault, workingSize } from "./linear-probing.ts";

const empty = (): Uint16Array => new Uint16Array(0);
/** Below every score. */
const ANY = -2_147_483_648;

/** Algorithm 9. */
export const opensipsVariable: CompatAlgorithm = {
  name: "opensips:9",
  summary: "The lowest `score` first (there the variable that `pvar_algo_pattern` names); where none is given, as 8.",
  key: KeySource.none,
  uses: ["order", "score"],
  goesBy: "the scores",
  isPure: false,
  beside: "call-load",
  difference: "By the calls that are counted here: nobody has to tell them.",
  deviation: "A score is told when it changes, and not read at each choice.",
  compile: empty,
  select(set: DispatcherSet, _key: number, live: Live, out: Uint16Array): number {
    return selectByScore(set, ANY, live, out);
  },
};

/** Algorithm 10. */
export const opensipsRoute: CompatAlgorithm = {
  name: "opensips:10",
  summary: "The lowest `score` first (there what `algo_route` returns), and nobody whose score is below 0.",
  key: KeySource.none,
  uses: ["order", "score"],
  goesBy: "the scores",
  isPure: false,
  beside: "load-balancer",
  difference: "By what is free of named resources, whose capacities can be changed at any time.",
  deviation:
    "A score is told when it changes; one that is worked out at each choice is the function `score` of an algorithm of your own (`own:NAME`).",
  compile: empty,
  select(set: DispatcherSet, _key: number, live: Live, out: Uint16Array): number {
    return selectByScore(set, 0, live, out);
  },
};

/** Usable destinations with a score of `least` and above, the lowest first, equals in the set's order; the turn begins anew, as theirs does. */
function selectByScore(set: DispatcherSet, least: number, live: Live, out: Uint16Array): number {
  const { slots } = set;
  const size = workingSize(set);
  const room = Math.min(out.length, size);
  if (room === 0) return 0;
  let count = 0;
  for (let i = 0; i < size; i++) {
    const slot = slots[i]!;
    if (!live.isUsable(slot)) continue;
    const score = live.score(slot);
    if (score >= least) count = rank(out, count, room, slot, score);
  }
  const cursor = live.cursor(set.index);
  if (cursor !== 0) live.moveCursor(set.index, cursor, 0);
  return appendDefault(set, live, out, count);
}
