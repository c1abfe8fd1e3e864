// Kamailio 9, 11 and 15: shares by weight in tables of 100 slots. Theirs are filled when something changes and then shuffled;
// here the shuffle is compiled, and who owns a slot is counted at each choice where it depends on health.
import { type Destination, type DispatcherSet, KeySource, type Live } from "../types.ts";
import type { CompatAlgorithm } from "./compat-algorithm.ts";
import { weighCongested } from "./congested-weights.ts";
import { kamailioWeight, SLOTS, shuffledSlots } from "./hundred-slots.ts";
import { selectFrom } from "./linear-probing.ts";

/** The weight of each position in the choice at hand; -1: not usable. */
const shares = new Int32Array(65_536);

/** Algorithm 9; the table holds the position that owns each slot. */
export const kamailioWeights: CompatAlgorithm = {
  name: "kamailio:9",
  summary: "In turn over a table of 100 slots, of which each destination has as many as its weight says.",
  key: KeySource.none,
  uses: ["weight", "order"],
  goesBy: "the turn",
  isPure: false,
  beside: "weighted",
  difference:
    "Weights are relative whatever their sum (theirs: cut at 100, the rest to the last one; all to the first one if that has no weight), evenly spread in time, and a fallen destination's share goes to the others by weight, not to its neighbour.",
  deviation: "A weight that is not given is 1, not 0 (an imported list says 0).",
  compile(destinations: readonly Destination[]): Uint16Array {
    const owners = new Uint16Array(SLOTS);
    if (destinations.length === 0 || kamailioWeight(destinations[0]!.weight) === 0) return owners;
    let filled = 0;
    for (const [position, { weight }] of destinations.entries()) {
      const end = Math.min(filled + kamailioWeight(weight), SLOTS);
      owners.fill(position, filled, end);
      filled = end;
    }
    owners.fill(destinations.length - 1, filled);
    return shuffledSlots().map((slot) => owners[slot]!);
  },
  select(set: DispatcherSet, _key: number, live: Live, out: Uint16Array): number {
    return selectFrom(set, set.table[live.turn(set.index) % SLOTS]!, live, out);
  },
};

/** Algorithm 11; the table is the shuffle, and one entry more where all destinations have congestion control. */
export const kamailioRelativeWeights: CompatAlgorithm = {
  name: "kamailio:11",
  summary:
    "As 9, over the usable destinations only, by relative weight (`rweight`), less the milliseconds that each is slower than usual where all have `cc=1`.",
  key: KeySource.none,
  uses: ["weight", "order", "congestion"],
  goesBy: "the turn, and under `cc=1` the latest probes",
  isPure: false,
  beside: "weighted",
  difference:
    "Shares are exact: theirs are cut to whole hundredths, and what is left over goes to the last destination (of 60 equal ones, 41 % to one).",
  deviation:
    "When no usable destination has a weight the first one is chosen; theirs keeps its last table. Under `cc=1` there is one `weight` instead of `weight` and `rweight`, latency is always measured, and in fractions of milliseconds; who is down does not count when the others are all congested.",
  compile(destinations: readonly Destination[]): Uint16Array {
    const order = shuffledSlots();
    const isControlled = destinations.length > 0 && destinations.every((one) => one.congestionControl === true);
    return isControlled ? Uint16Array.of(...order, 1) : order;
  },
  select(set: DispatcherSet, _key: number, live: Live, out: Uint16Array): number {
    const { slots } = set;
    if (slots.length < 2) return selectFrom(set, 0, live, out);
    const slot = set.table[live.turn(set.index) % SLOTS]!;
    const isControlled = set.table.length > SLOTS;
    const sum = isControlled ? weighCongested(set, live, shares) : weigh(set, 0, slots.length, live);
    const owner = sum === 0 ? 0 : ownerOf(slot, 0, slots.length, slots.length - 1, sum);
    return selectFrom(set, owner, live, out);
  },
};

/** Algorithm 15; behind the shuffle stands, for every position, the first one of the same priority. */
export const kamailioPriorityWeights: CompatAlgorithm = {
  name: "kamailio:15",
  summary: "By weight among the usable destinations of the lowest priority number, as SRV records have it.",
  key: KeySource.none,
  uses: ["weight", "order"],
  goesBy: "the turn",
  isPure: false,
  beside: "priority-weighted",
  difference:
    "The higher number is preferred, as everywhere else; shares are exact, and failover keeps to the priorities.",
  deviation: "Shares follow every change of state; theirs only those of destinations with an `rweight`.",
  compile(destinations: readonly Destination[]): Uint16Array {
    const table = new Uint16Array(SLOTS + destinations.length);
    table.set(shuffledSlots());
    for (let i = 1; i < destinations.length; i++) {
      const isSame = destinations[i]!.priority === destinations[i - 1]!.priority;
      table[SLOTS + i] = isSame ? table[SLOTS + i - 1]! : i;
    }
    return table;
  },
  select(set: DispatcherSet, _key: number, live: Live, out: Uint16Array): number {
    const { slots, table } = set;
    let last = slots.length - 1;
    while (last >= 0 && !live.isUsable(slots[last]!)) last--;
    if (last < 0) return 0;
    const slot = table[live.turn(set.index) % SLOTS]!;
    const first = table[SLOTS + last]!;
    const sum = weigh(set, first, last + 1, live);
    return selectFrom(set, ownerOf(slot, first, last + 1, last, sum), live, out);
  },
};

/**
 * Who owns `slot` of 100 among the positions from `start` to before `end` that have `shares`, in all `sum`: each has its share in whole
 * slots (equal ones where nobody has a weight), the last that has any gets the rest, and `heir` everything when nobody has one.
 */
function ownerOf(slot: number, start: number, end: number, heir: number, sum: number): number {
  let usable = 0;
  if (sum === 0) for (let i = start; i < end; i++) if (shares[i]! >= 0) usable++;
  let left = slot;
  let last = heir;
  for (let i = start; i < end; i++) {
    if (shares[i]! < 0) continue;
    const share = Math.floor(sum === 0 ? SLOTS / usable : (shares[i]! * SLOTS) / sum);
    if (left < share) return i;
    left -= share;
    if (share > 0) last = i;
  }
  return last;
}

/** Fills the `shares` of the positions from `start` to before `end`, and returns their sum. */
function weigh({ slots, weights }: DispatcherSet, start: number, end: number, live: Live): number {
  let sum = 0;
  for (let i = start; i < end; i++) {
    const isUsable = live.isUsable(slots[i]!);
    shares[i] = isUsable ? kamailioWeight(weights[i]!) : -1;
    if (isUsable) sum += shares[i]!;
  }
  return sum;
}
