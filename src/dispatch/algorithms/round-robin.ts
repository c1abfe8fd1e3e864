// One after the other. The turn stands behind whoever was chosen last, so a fallen destination's turns go to all others.
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
    const { slots, index } = set;
    const size = slots.length;
    if (size === 0 || out.length === 0) return 0;
    for (;;) {
      const cursor = live.cursor(index);
      let position = (cursor >>> 0) % size;
      let next = -1;
      let count = 0;
      for (let i = 0; i < size && count < out.length; i++) {
        const slot = slots[position]!;
        if (++position === size) position = 0;
        if (!live.isUsable(slot)) continue;
        if (count === 0) next = position;
        out[count++] = slot;
      }
      // Where another worker was faster, this turn was its.
      if (count === 0 || live.moveCursor(index, cursor, next)) return count;
    }
  },
};
