// Kamailio 6, 8 and 10: chance, the set's order, and the fewest calls.
import { type DispatcherSet, KeySource, type Live } from "../types.ts";
import type { CompatAlgorithm } from "./compat-algorithm.ts";
import { appendDefault, selectFrom, workingSize } from "./linear-probing.ts";

const empty = (): Uint16Array => new Uint16Array(0);

/** Algorithm 6. */
export const kamailioRandom: CompatAlgorithm = {
  name: "kamailio:6",
  summary: "A random destination.",
  key: KeySource.none,
  uses: ["order"],
  goesBy: "chance",
  isPure: false,
  beside: "random",
  difference: "A fallen destination's share goes to all others, not to its neighbour.",
  compile: empty,
  select(set: DispatcherSet, _key: number, live: Live, out: Uint16Array): number {
    return selectFrom(set, live.random(), live, out);
  },
};

/** Algorithm 8. */
export const kamailioSerial: CompatAlgorithm = {
  name: "kamailio:8",
  summary: "The first in the set's order.",
  key: KeySource.none,
  uses: ["order"],
  isPure: true,
  beside: "priority",
  difference: "None, but for the order of equal priorities (`order`).",
  compile: empty,
  select(set: DispatcherSet, _key: number, live: Live, out: Uint16Array): number {
    return selectFrom(set, 0, live, out);
  },
};

/** Algorithm 10. */
export const kamailioCallLoad: CompatAlgorithm = {
  name: "kamailio:10",
  summary:
    "For an INVITE the destination with the fewest calls below its max_calls, else the first in the set's order.",
  key: KeySource.isInvite,
  uses: ["order"],
  goesBy: "the number of calls",
  isPure: false,
  beside: "call-load",
  difference: "Failover goes by load as well; requests other than INVITE are chosen in the same way.",
  deviation:
    "Calls are counted from transactions and dialogs, not until a timer of two hours; a reload keeps the count. `use_default` keeps the last one for when no other can; theirs counts it in and then chooses another.",
  compile: empty,
  select(set: DispatcherSet, key: number, live: Live, out: Uint16Array): number {
    if (key === 0) return selectFrom(set, 0, live, out);
    const least = leastLoaded(set, live);
    return least < 0 ? appendDefault(set, live, out, 0) : selectWithRoom(set, least, live, out);
  },
};

/** Position of the least loaded destination that has room, the default one left out; -1: all are full. */
function leastLoaded(set: DispatcherSet, live: Live): number {
  const { slots, maxCalls } = set;
  const size = workingSize(set);
  let best = -1;
  let fewest = 0;
  for (let i = 0; i < size; i++) {
    if (!live.isUsable(slots[i]!)) continue;
    const load = live.load(slots[i]!);
    if ((maxCalls[i]! > 0 && load >= maxCalls[i]!) || (best >= 0 && load >= fewest)) continue;
    best = i;
    fewest = load;
  }
  return best;
}

/** `selectFrom`, without those that are full. */
function selectWithRoom(set: DispatcherSet, start: number, live: Live, out: Uint16Array): number {
  const { slots, maxCalls } = set;
  const size = workingSize(set);
  let position = start % size;
  let count = 0;
  for (let i = 0; i < size && count < out.length; i++) {
    const slot = slots[position]!;
    const max = maxCalls[position]!;
    if (live.isUsable(slot) && (max === 0 || live.load(slot) < max)) out[count++] = slot;
    if (++position === size) position = 0;
  }
  return appendDefault(set, live, out, count);
}
