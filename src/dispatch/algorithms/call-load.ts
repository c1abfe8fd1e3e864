// The least busy destination, by calls that are really there.
import { rank } from "../lowest-first.ts";
import { type Algorithm, type DispatcherSet, KeySource, type Live } from "../types.ts";

/** Kamailio's algorithm 10: full destinations are no candidates, not even for failover; equals in the set's order. */
export const callLoad: Algorithm = {
  name: "call-load",
  summary: "The destination with the fewest calls, among those below their max_calls.",
  key: KeySource.none,
  kamailio: [10],
  goesBy: "the number of calls",
  isPure: false,
  compile: () => new Uint16Array(0),
  select(set: DispatcherSet, _key: number, live: Live, out: Uint16Array): number {
    const { slots, maxCalls } = set;
    const room = Math.min(out.length, slots.length);
    if (room === 0) return 0;
    let count = 0;
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i]!;
      if (!live.isUsable(slot)) continue;
      const load = live.load(slot);
      const max = maxCalls[i]!;
      if (max > 0 && load >= max) continue;
      count = rank(out, count, room, slot, load);
    }
    return count;
  },
};
