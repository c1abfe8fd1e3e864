// A main server and its stand-ins: everything to the first, the others only when it cannot.
import { type Algorithm, type DispatcherSet, KeySource, type Live } from "../types.ts";

/** Kamailio's algorithm 8: the set's order, which is priority descending. */
export const priority: Algorithm = {
  name: "priority",
  summary: "The usable destination with the highest priority; equals in the set's order.",
  key: KeySource.none,
  kamailio: [8],
  uses: ["order"],
  isPure: true,
  compile: () => new Uint16Array(0),
  select(set: DispatcherSet, _key: number, live: Live, out: Uint16Array): number {
    const { slots } = set;
    let count = 0;
    for (let i = 0; i < slots.length && count < out.length; i++) {
      const slot = slots[i]!;
      if (live.isUsable(slot)) out[count++] = slot;
    }
    return count;
  },
};
