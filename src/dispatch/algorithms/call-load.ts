// The least busy destination, by calls that are really there.
import { type Algorithm, type DispatcherSet, KeySource, type Live } from "../types.ts";

/** Loads of what is in `out`, so that a load that changes meanwhile does not disturb the order. */
const loads = new Int32Array(65_536);

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
      if (count === room && load >= loads[count - 1]!) continue;
      let at = count === room ? count - 1 : count++;
      for (; at > 0 && loads[at - 1]! > load; at--) {
        loads[at] = loads[at - 1]!;
        out[at] = out[at - 1]!;
      }
      loads[at] = load;
      out[at] = slot;
    }
    return count;
  },
};
