// Weights under Kamailio's congestion control, for algorithm 11. Theirs are changed, and the table rebuilt, after each probe;
// here they are computed at each choice from what the probes have found, so there is nothing to rebuild.
import type { DispatcherSet, Live } from "../types.ts";
import { kamailioWeight } from "./hundred-slots.ts";

/** When all are congested, shares go by the reciprocal of each one's delay, in parts of all delays; this keeps whole numbers apart. */
const SCALE = 16;
const MOST = 0x7fff_ffff;

/**
 * Writes the weight of each position of the set into `weights`, -1 for who is not usable, and returns their sum: who is slower than usual
 * loses 1 for each millisecond; when that leaves nothing to two or more, and nobody else has any, those who are the least slower get the most.
 */
export function weighCongested(set: DispatcherSet, live: Live, weights: Int32Array): number {
  const { slots } = set;
  let sum = 0;
  let congested = 0;
  let delay = 0;
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i]!;
    weights[i] = -1;
    if (!live.isUsable(slot)) continue;
    const weight = kamailioWeight(set.weights[i]!);
    const slower = live.congestion(slot);
    weights[i] = Math.max(0, weight - slower);
    sum += weights[i]!;
    if (weight === 0 || weights[i]! > 0) continue;
    congested++;
    delay += slower;
  }
  return sum === 0 && congested > 1 ? shareByDelay(set, live, delay, weights) : sum;
}

function shareByDelay(set: DispatcherSet, live: Live, delay: number, weights: Int32Array): number {
  let sum = 0;
  for (let i = 0; i < set.slots.length; i++) {
    if (weights[i]! < 0 || kamailioWeight(set.weights[i]!) === 0) continue;
    // Probes may have changed it since it was added up, even to nothing.
    weights[i] = Math.min(Math.trunc((delay * SCALE) / Math.max(1, live.congestion(set.slots[i]!))), MOST);
    sum += weights[i]!;
  }
  return sum;
}
