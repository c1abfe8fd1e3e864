// The walk round a ring (maglev-ring.ts) from a key's place on: its order of all destinations.
import { mix32 } from "./core-hash.ts";
import { mostCallsPerWeight } from "./load-bound.ts";
import type { DispatcherSet, Live } from "./types.ts";

/** Which positions one walk has met: the number of that walk, by position. */
const met = new Uint32Array(65_536);
let walks = 0;
/** Usable, and above the bound: they come behind all that are within it. */
const over = new Uint16Array(65_536);

/** Fills `out` with usable slots in the order of `key`; returns how many. `isBounded`: who has more than its share of calls comes behind all others. */
export function walkRing(set: DispatcherSet, key: number, live: Live, out: Uint16Array, isBounded: boolean): number {
  const { slots, table, weights } = set;
  const places = table.length - 1;
  if (places < 1 || out.length === 0) return 0;
  walks = (walks + 1) >>> 0;
  // Once in 2^32 walks: old marks must not be taken for new ones.
  if (walks === 0) met.fill(walks++);
  const most = isBounded ? mostCallsPerWeight(set, live) : 0;
  let unmet = table[places]! + 1;
  let count = 0;
  let passed = 0;
  let place = mix32(key) % places;
  for (let i = 0; i < places && unmet > 0 && count < out.length; i++) {
    const position = table[place]!;
    if (++place === places) place = 0;
    if (met[position] === walks) continue;
    met[position] = walks;
    unmet--;
    const slot = slots[position]!;
    if (!live.isUsable(slot)) continue;
    if (isBounded && live.load(slot) >= most * weights[position]!) over[passed++] = slot;
    else out[count++] = slot;
  }
  for (let i = 0; i < passed && count < out.length; i++) out[count++] = over[i]!;
  // Weight 0 has no place in the ring; it is the last resort.
  for (let position = 0; position < slots.length && count < out.length; position++) {
    if (met[position] !== walks && live.isUsable(slots[position]!)) out[count++] = slots[position]!;
  }
  return count;
}
