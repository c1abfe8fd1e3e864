// Shares in proportion to weights, spread evenly in time: with weights 5, 1, 1 never five in a row to the first.
import { mix32 } from "../core-hash.ts";
import { smoothSequence } from "../smooth-sequence.ts";
import { type Algorithm, type Destination, type DispatcherSet, KeySource, type Live } from "../types.ts";

/** Draws for failover candidates; what comes after these is hardly ever tried and follows in the set's order. */
const DRAWS = 8;
/** Larger sets draw somebody else for one who is down, instead of looking at all: the cost stays the same. */
const SMALL = 64;
/** Draws there before all are looked at; with half of the set down, 16 leave one choice in 65,536. */
const REDRAWS = 16;

/**
 * What Kamailio's algorithm 9 is for, without its table of 100 places: shares are exact, and an unusable destination's
 * share goes to the others in proportion of their weights. Weight 0 is the last resort; all 0 is all equal.
 */
export const weighted: Algorithm = {
  name: "weighted",
  summary: "Destinations in turn, in proportion to their weights.",
  key: KeySource.none,
  kamailio: [9, 11],
  uses: ["weight"],
  goesBy: "the turn",
  isPure: false,
  compile: (destinations: readonly Destination[]) => smoothSequence(destinations.map(({ weight }) => weight)),
  select(set: DispatcherSet, _key: number, live: Live, out: Uint16Array): number {
    const { slots, table } = set;
    if (table.length === 0 || out.length === 0) return 0;
    const turn = live.turn(set.index);
    const at = turn % table.length;
    const round = (turn - at) / table.length;
    const slot = slots[table[at]!]!;
    // Golden-ratio steps per round and place: the draws of one place cover the weights evenly, and places differ.
    const draw = Math.imul(round, 0x9e3779b1) + Math.imul(at, 0x85ebca6b);
    let first = live.isUsable(slot) ? slot : -1;
    if (first < 0 && slots.length > SMALL) first = redraw(set, live, draw);
    if (first < 0) first = drawByWeight(set, live, draw >>> 0, out, 0);
    let count = 0;
    if (first >= 0) out[count++] = first;
    // Failover: more draws from the sequence itself, which holds everybody as often as the weight says.
    const wanted = Math.min(out.length, slots.length);
    const scale = table.length / 0x100000000;
    for (let i = 1; i <= DRAWS && count > 0 && count < wanted; i++) {
      const next = slots[table[(mix32(draw + i) * scale) | 0]!]!;
      if (isOpen(next, live, out, count)) out[count++] = next;
    }
    return count < wanted ? appendRest(set, live, turn + round, out, count) : count;
  },
};

/** A usable slot, drawn by weight from the sequence; -1: none was. */
function redraw({ slots, table }: DispatcherSet, live: Live, draw: number): number {
  const scale = table.length / 0x100000000;
  for (let i = 1; i <= REDRAWS; i++) {
    const slot = slots[table[(mix32(draw ^ Math.imul(i, 0x27d4eb2f)) * scale) | 0]!]!;
    if (live.isUsable(slot)) return slot;
  }
  return -1;
}

/** A usable slot that is not yet in `out`, `draw` / 2^32 of the way through their weights; -1 when their sum is 0. */
function drawByWeight(set: DispatcherSet, live: Live, draw: number, out: Uint16Array, count: number): number {
  const { slots, weights } = set;
  let total = 0;
  for (let i = 0; i < slots.length; i++) {
    if (weights[i]! > 0 && isOpen(slots[i]!, live, out, count)) total += weights[i]!;
  }
  let left = Math.floor((draw / 0x100000000) * total);
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i]!;
    if (weights[i] === 0 || !isOpen(slot, live, out, count)) continue;
    left -= weights[i]!;
    if (left < 0) return slot;
  }
  return -1;
}

/** Everything usable that is not yet in `out`: in the set's order from `start` on, weight 0 at the end. */
function appendRest(set: DispatcherSet, live: Live, start: number, out: Uint16Array, drawn: number): number {
  const { slots, weights } = set;
  const size = slots.length;
  let count = drawn;
  for (let pass = 0; pass < 2; pass++) {
    let position = start % size;
    for (let i = 0; i < size && count < out.length; i++) {
      const slot = slots[position]!;
      if (weights[position]! > 0 === (pass === 0) && isOpen(slot, live, out, drawn)) out[count++] = slot;
      if (++position === size) position = 0;
    }
  }
  return count;
}

function isOpen(slot: number, live: Live, out: Uint16Array, count: number): boolean {
  if (!live.isUsable(slot)) return false;
  for (let i = 0; i < count; i++) if (out[i] === slot) return false;
  return true;
}
