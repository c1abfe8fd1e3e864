// OpenSIPS's load_balancer: who has the most room for what this call needs.
import { freeOf, isCall, LACKING, neededOf } from "../resources.ts";
import { type Algorithm, type DispatcherSet, KeySource, type Live } from "../types.ts";

/** What is free at those in `out`, so that a load that changes meanwhile does not disturb the order; and who comes first of equals. */
const free = new Int32Array(65_536);
const luck = new Int32Array(65_536);

/**
 * The largest minimum of what is free of the resources that are needed, absolute or in percents; who has no room, or lacks one of
 * them, is no candidate. Requests that are no calls take nothing, so they go to the emptiest however full that is.
 */
export const loadBalancer: Algorithm = {
  name: "load-balancer",
  summary:
    "The destination with the most room for the call: the largest minimum of what is free of each resource that its route needs (OpenSIPS's `load_balancer`).",
  key: KeySource.resources,
  uses: ["order"],
  goesBy: "the resources in use",
  isPure: false,
  choosesAgain: true,
  compile: () => new Uint16Array(0),
  select(set: DispatcherSet, key: number, live: Live, out: Uint16Array): number {
    const { slots, maxCalls, resources, rule } = set;
    const room = Math.min(out.length, slots.length);
    if (room === 0) return 0;
    const takes = isCall(key);
    const needed = resources.stride === 0 ? 0 : neededOf(key);
    let count = 0;
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i]!;
      if (!live.isUsable(slot)) continue;
      const own = freeOf(resources, rule.isRelative, slot, needed, live);
      if (own === LACKING) continue;
      if (takes) {
        if (own <= 0 && !rule.mayOverbook) continue;
        const max = maxCalls[i]!;
        if (max > 0 && live.load(slot) >= max) continue;
      }
      const ownLuck = rule.isByChance ? live.random() : 0;
      if (count === room && !isBefore(own, ownLuck, count - 1)) continue;
      let at = count === room ? count - 1 : count++;
      for (; at > 0 && isBefore(own, ownLuck, at - 1); at--) {
        free[at] = free[at - 1]!;
        luck[at] = luck[at - 1]!;
        out[at] = out[at - 1]!;
      }
      free[at] = own;
      luck[at] = ownLuck;
      out[at] = slot;
    }
    return count;
  },
};

/** Whether a destination comes before the one that stands at `at`: of equals, the one that was there first does not move. */
function isBefore(own: number, ownLuck: number, at: number): boolean {
  return own > free[at]! || (own === free[at]! && ownLuck > luck[at]!);
}
