// From a hash to candidates: what the hash algorithms share. Both ways agree while everything is well (`hash mod N`); they
// differ in where the share of an unusable destination goes. Weights do not count here: `consistent-hash` has them.
import { mix32 } from "./core-hash.ts";
import { type DispatcherSet, type Live, SlotChoice } from "./types.ts";

/** Draws before the walk over all positions; with half of the set down, 8 leave 1 key in 256 to the walk. */
const DRAWS = 8;

/** The table of a hash set is one number: the smallest prime that is not below the number of destinations. */
export function compileHashSlots({ length }: { readonly length: number }): Uint16Array {
  let prime = Math.max(2, length);
  while (!isPrime(prime)) prime++;
  return Uint16Array.of(prime);
}

/** Candidates for `key` by the set's slot choice; see `Algorithm.select`. */
export function selectByHash(set: DispatcherSet, key: number, live: Live, out: Uint16Array): number {
  return set.slotChoice === SlotChoice.kamailio ? selectNext(set, key, live, out) : selectSpread(set, key, live, out);
}

/** Kamailio's way: the hashed index, inactive ones counted in N, then one by one to the end and on from the start. */
function selectNext(set: DispatcherSet, key: number, live: Live, out: Uint16Array): number {
  const { slots } = set;
  const size = slots.length;
  if (size === 0) return 0;
  let position = (key >>> 0) % size;
  let count = 0;
  for (let i = 0; i < size && count < out.length; i++) {
    const slot = slots[position]!;
    if (live.isUsable(slot)) out[count++] = slot;
    if (++position === size) position = 0;
  }
  return count;
}

/**
 * Every key has its own sequence of positions: its hash, some draws, then a walk over all positions in steps of the key's
 * own length (a prime modulus makes the walk complete). The first usable one wins, so a key moves only when its own
 * destination falls or returns, and the keys of a fallen one scatter over all that remain.
 */
export function selectSpread(set: DispatcherSet, key: number, live: Live, out: Uint16Array): number {
  const { slots } = set;
  const size = slots.length;
  if (size === 0 || out.length === 0) return 0;
  let count = offer(slots[(key >>> 0) % size]!, live, out, 0, 0);
  let draw = key | 0;
  const wanted = Math.min(out.length, size);
  // A product instead of a remainder: the division of unsigned numbers is the slowest step here.
  const scale = size / 0x100000000;
  for (let i = 0; i < DRAWS && count < wanted; i++) {
    draw = (draw + 0x9e3779b9) | 0;
    count = offer(slots[(mix32(draw) * scale) | 0]!, live, out, count, count);
  }
  if (count >= wanted) return count;
  const drawn = count;
  const prime = set.table[0]!;
  const step = 1 + (mix32(draw ^ 0x5bd1e995) % (prime - 1));
  let position = mix32(draw ^ 0x27d4eb2f) % prime;
  for (let i = 0; i < prime && count < wanted; i++) {
    if (position < size) count = offer(slots[position]!, live, out, count, drawn);
    position += step;
    if (position >= prime) position -= prime;
  }
  return count;
}

/** Puts `slot` at `out[count]` if it is usable and not among the first `known`; returns the new count. */
function offer(slot: number, live: Live, out: Uint16Array, count: number, known: number): number {
  if (!live.isUsable(slot)) return count;
  for (let i = 0; i < known; i++) if (out[i] === slot) return count;
  out[count] = slot;
  return count + 1;
}

function isPrime(n: number): boolean {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return n > 1;
}
