// Shares in proportion to weights, spread evenly in time: with weights 5, 1, 1 never five in a row to the first.
import { mix32 } from "../core-hash.ts";
import { type Algorithm, type Destination, type DispatcherSet, KeySource, type Live } from "../types.ts";

/** Longest sequence; larger sums of weights are scaled down to it. */
const MAX_SEQUENCE = 65_535;
/** Draws for failover candidates; what comes after these is hardly ever tried and follows in the set's order. */
const DRAWS = 8;

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
  compile: smoothSequence,
  select(set: DispatcherSet, _key: number, live: Live, out: Uint16Array): number {
    const { slots, table } = set;
    if (table.length === 0 || out.length === 0) return 0;
    const turn = live.turn(set.index);
    const at = turn % table.length;
    const round = (turn - at) / table.length;
    const slot = slots[table[at]!]!;
    // Golden-ratio steps per round and place: the draws of one place cover the weights evenly, and places differ.
    const draw = Math.imul(round, 0x9e3779b1) + Math.imul(at, 0x85ebca6b);
    const first = live.isUsable(slot) ? slot : drawByWeight(set, live, draw >>> 0, out, 0);
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

/**
 * Positions in an order that repeats each as often as its weight says, its k-th appearance at (k + phase) / weight of the
 * round; phases follow the set's order, so equal weights give plain round robin. At most 65,535 entries.
 */
function smoothSequence(destinations: readonly Destination[]): Uint16Array {
  const shares = sharesOf(destinations);
  const length = shares.reduce((sum, share) => sum + share, 0);
  const moments = new Float64Array(length);
  let count = 0;
  for (let position = 0; position < shares.length; position++) {
    const share = shares[position]!;
    const phase = (position + 0.5) / shares.length;
    // 36 bits of time above 16 bits of position: one numeric sort orders both.
    for (let k = 0; k < share; k++) moments[count++] = Math.floor(((k + phase) / share) * 2 ** 36) * 65_536 + position;
  }
  moments.sort();
  return Uint16Array.from(moments, (moment) => moment % 65_536);
}

/** Weights without their common divisor, their sum within MAX_SEQUENCE. */
function sharesOf(destinations: readonly Destination[]): number[] {
  const isFlat = destinations.every((destination) => destination.weight === 0);
  let shares = destinations.map((destination) => (isFlat ? 1 : destination.weight));
  const divisor = shares.reduce(greatestCommonDivisor, 0);
  if (divisor > 1) shares = shares.map((share) => share / divisor);
  const sum = shares.reduce((total, share) => total + share, 0);
  if (sum <= MAX_SEQUENCE) return shares;
  const room = MAX_SEQUENCE - shares.length;
  return shares.map((share) => (share === 0 ? 0 : Math.max(1, Math.floor((share * room) / sum))));
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
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
