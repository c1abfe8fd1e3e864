// Main servers that share by weight, and stand-ins that share by weight when none of those can: SRV records, as a set.
import { mix32 } from "../core-hash.ts";
import { smoothSequence } from "../smooth-sequence.ts";
import { type Algorithm, type Destination, type DispatcherSet, KeySource, type Live } from "../types.ts";

/** Per position: where its tier (those of the same priority) begins and ends, and where the tier's sequence does. */
const COLUMNS = 6;
/** Positions of a tier, less one. */
const SMALL = 64;
const REDRAWS = 16;
/** Entries of all sequences together. */
const MOST = 262_144;

/** Kamailio's 14 and 15, with the higher number first. Turns go to the others of the tier by weight when one falls. */
export const priorityWeighted: Algorithm = {
  name: "priority-weighted",
  summary: "Among the usable destinations of the highest priority in turn, in proportion to their weights.",
  key: KeySource.none,
  kamailio: [14, 15],
  uses: ["weight", "order"],
  goesBy: "the turn",
  isPure: false,
  compile(destinations: readonly Destination[]): Uint16Array {
    const starts = destinations.flatMap(({ priority }, i) => (priority === destinations[i - 1]?.priority ? [] : [i]));
    const most = Math.floor(MOST / Math.max(starts.length, 1));
    const sequences = starts.map((start, tier) =>
      smoothSequence(
        destinations.slice(start, starts[tier + 1]).map(({ weight }) => weight),
        Math.min(most, 65_535),
      ),
    );
    const entries = sequences.reduce((sum, { length }) => sum + length, 0);
    const table = new Uint16Array(destinations.length * COLUMNS + entries);
    let at = destinations.length * COLUMNS;
    for (const [tier, sequence] of sequences.entries()) {
      const start = starts[tier]!;
      const end = starts[tier + 1] ?? destinations.length;
      // The last position is one less than the end: a set may have 65,536.
      const row = [start, end - 1, at >>> 16, at & 0xffff, sequence.length >>> 16, sequence.length & 0xffff];
      for (let position = start; position < end; position++) table.set(row, position * COLUMNS);
      table.set(sequence, at);
      at += sequence.length;
    }
    return table;
  },
  select(set: DispatcherSet, _key: number, live: Live, out: Uint16Array): number {
    const { slots, table } = set;
    let first = 0;
    while (first < slots.length && !live.isUsable(slots[first]!)) first++;
    if (first === slots.length || out.length === 0) return 0;
    const row = first * COLUMNS;
    const start = table[row]!;
    const last = table[row + 1]!;
    const sequence = (table[row + 2]! << 16) | table[row + 3]!;
    const length = (table[row + 4]! << 16) | table[row + 5]!;
    const turn = live.turn(set.index);
    const at = turn % length;
    let chosen = start + table[sequence + at]!;
    const draw = (turn - at) / length + at * 7;
    // In large tiers somebody else is drawn for one who is down, instead of looking at all: the cost stays the same.
    for (let i = 1; i <= REDRAWS && last - start >= SMALL && !live.isUsable(slots[chosen]!); i++)
      chosen = start + table[sequence + ((mix32(draw ^ Math.imul(i, 0x27d4eb2f)) * (length / 0x100000000)) | 0)]!;
    if (!live.isUsable(slots[chosen]!)) chosen = drawInTier(set, live, start, last, draw);
    let count = 0;
    if (chosen >= 0) out[count++] = slots[chosen]!;
    // Failover: the others of the tier from there on, those without a weight at the end, then the tiers below in their order.
    for (let pass = 0; pass < 2 && chosen >= 0; pass++) {
      let position = chosen;
      for (let i = last - start; i > 0 && count < out.length; i--) {
        position = position === last ? start : position + 1;
        if (set.weights[position]! > 0 !== (pass === 0)) continue;
        if (live.isUsable(slots[position]!)) out[count++] = slots[position]!;
      }
    }
    for (let i = last + 1; i < slots.length && count < out.length; i++) {
      if (live.isUsable(slots[i]!)) out[count++] = slots[i]!;
    }
    return count;
  },
};

/** A usable position of a tier, by weight, spread over the draws by the golden ratio; -1: all fell meanwhile. */
function drawInTier(set: DispatcherSet, live: Live, start: number, last: number, draw: number): number {
  const { slots, weights } = set;
  let total = 0;
  let usable = 0;
  for (let i = start; i <= last; i++) {
    if (!live.isUsable(slots[i]!)) continue;
    total += weights[i]!;
    usable++;
  }
  const spread = (Math.imul(draw, 0x9e3779b1) >>> 0) / 0x100000000;
  let left = Math.floor(spread * (total === 0 ? usable : total));
  for (let i = start; i <= last; i++) {
    if (!live.isUsable(slots[i]!)) continue;
    left -= total === 0 ? 1 : weights[i]!;
    if (left < 0) return i;
  }
  return -1;
}
