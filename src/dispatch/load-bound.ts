// Consistent hashing with bounded loads (Mirrokni, Thorup and Zadimoghaddam, SODA 2018): how many calls a destination may have before
// new ones go on to the next of their key's order.
import type { DispatcherSet, Live } from "./types.ts";

/** The calls of a set are counted anew for every so many choices per destination: no mean is off by more than that from one worker. */
const CHOICES_PER_COUNT = 1 / 16;

interface Count {
  set: DispatcherSet | null;
  most: number;
  choices: number;
}

/** By the set's row. What is kept is a sum that anybody finds again. */
const counts: Count[] = [];

/**
 * The bound for each unit of weight: `loadBound` times the mean over the usable ones, the call that is coming counted in. Whoever
 * has `weight` times as many calls or more is passed over, which is the paper's whole number of calls, rounded up. Where nobody who is
 * usable has a weight there is no bound. Up to 15 destinations are counted for each choice, larger sets so seldom that the cost stays
 * the same.
 */
export function mostCallsPerWeight(set: DispatcherSet, live: Live): number {
  let count = counts[set.index];
  if (count === undefined) counts[set.index] = count = { set: null, most: 0.5, choices: 0 };
  if (count.set === set && count.choices > 0) {
    count.choices--;
    return count.most;
  }
  const { slots, weights } = set;
  let calls = 1;
  let sum = 0;
  for (let i = 0; i < slots.length; i++) {
    if (!live.isUsable(slots[i]!)) continue;
    calls += live.load(slots[i]!);
    sum += weights[i]!;
  }
  count.set = set;
  count.choices = Math.floor(slots.length * CHOICES_PER_COUNT);
  count.most = sum === 0 ? Number.MAX_VALUE : (set.loadBound * calls) / sum;
  return count.most;
}
