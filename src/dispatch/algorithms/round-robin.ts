// One after the other. Turns are counted over the usable ones only, so a fallen destination's turns go to all others.
import { type Algorithm, type DispatcherSet, KeySource, type Live } from "../types.ts";

/** Kamailio's algorithm 4; the turn is shared by all workers. */
export const roundRobin: Algorithm = {
  name: "round-robin",
  summary: "Each usable destination in turn.",
  key: KeySource.none,
  kamailio: [4],
  goesBy: "the turn",
  isPure: false,
  compile: () => new Uint16Array(0),
  select(set: DispatcherSet, _key: number, live: Live, out: Uint16Array): number {
    const { slots } = set;
    const size = slots.length;
    let usable = 0;
    for (let i = 0; i < size; i++) if (live.isUsable(slots[i]!)) usable++;
    if (usable === 0) return 0;
    const turn = live.turn(set.index) % usable;
    let position = turn;
    if (usable < size) {
      position = 0;
      for (let skip = turn; position < size; position++) {
        if (live.isUsable(slots[position]!) && skip-- === 0) break;
      }
    }
    let count = 0;
    // Health may change between the two looks: the walk is bounded by the set, not by what was counted.
    for (let i = 0; i < size && count < out.length; i++, position++) {
      if (position >= size) position = 0;
      const slot = slots[position]!;
      if (live.isUsable(slot)) out[count++] = slot;
    }
    return count;
  },
};
