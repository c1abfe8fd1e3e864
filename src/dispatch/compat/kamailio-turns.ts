// Kamailio 4 and 14: the cursor of a set stands behind whom it chose last, so who was passed over costs no turn.
import { type Destination, type DispatcherSet, KeySource, type Live } from "../types.ts";
import type { CompatAlgorithm } from "./compat-algorithm.ts";
import { probe, selectFrom, workingSize } from "./linear-probing.ts";

/** The next one from the set's cursor on; see `Algorithm.select`. */
export function selectTurn(set: DispatcherSet, _key: number, live: Live, out: Uint16Array): number {
  const size = set.slots.length;
  if (size === 0 || out.length === 0) return 0;
  for (;;) {
    const cursor = live.cursor(set.index);
    // The cursor counts the default destination in, which is not chosen by turns all the same.
    const turn = (cursor >>> 0) % size;
    const position = probe(set, turn, live);
    const last = size - 1;
    const isLastResort = position < 0 && workingSize(set) === last && live.isUsable(set.slots[last]!);
    // A turn at which nobody could be chosen is a turn as well.
    const chosen = isLastResort ? last : position < 0 ? turn : position;
    if (live.moveCursor(set.index, cursor, chosen === last ? 0 : chosen + 1))
      return selectFrom(set, Math.max(position, 0), live, out);
  }
}

/** Algorithm 4. */
export const kamailioRoundRobin: CompatAlgorithm = {
  name: "kamailio:4",
  summary: "Each destination in turn.",
  key: KeySource.none,
  uses: ["order"],
  goesBy: "the turn",
  isPure: false,
  beside: "round-robin",
  difference: "None; nobody is kept for when no other can (`use_default`).",
  compile: () => new Uint16Array(0),
  select: selectTurn,
};

/** Algorithm 14; the table says 1 for turns. */
export const kamailioRoundRobinOrSerial: CompatAlgorithm = {
  name: "kamailio:14",
  summary: "In turn where all priorities are equal and above 0, else the first in the set's order.",
  key: KeySource.none,
  uses: ["order"],
  goesBy: "the turn",
  isPure: false,
  beside: "priority-weighted",
  difference: "Turns among those of the best priority that are usable, always.",
  compile(destinations: readonly Destination[]): Uint16Array {
    const first = destinations[0]?.priority ?? 0;
    return Uint16Array.of(first > 0 && destinations.every(({ priority }) => priority === first) ? 1 : 0);
  },
  select(set: DispatcherSet, key: number, live: Live, out: Uint16Array): number {
    return set.table[0] === 1 ? selectTurn(set, key, live, out) : selectFrom(set, 0, live, out);
  },
};
