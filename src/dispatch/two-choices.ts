// The better of two that are drawn by chance: nearly as even as asking all of them, for the price of asking two, and without the
// herd that runs to the one best server as soon as many balancers ask at once (Mitzenmacher, IEEE TPDS 12(10), 2001).
import type { DispatcherSet, Live } from "./types.ts";

/** Draws before giving up on finding two usable ones by chance. */
const DRAWS = 8;

/** Whether position `one` of a set is at least as good a choice as `other`. */
export type IsBetter = (set: DispatcherSet, one: number, other: number, live: Live) => boolean;

/** Candidates: the better of two, the other one, and the rest from there on; see `Algorithm.select`. */
export function selectOfTwo(set: DispatcherSet, isBetter: IsBetter, live: Live, out: Uint16Array): number {
  const { slots } = set;
  const size = slots.length;
  if (size === 0 || out.length === 0) return 0;
  const one = drawUsable(set, live, -1);
  const other = one < 0 ? -1 : drawUsable(set, live, one);
  const isFirst = other < 0 || isBetter(set, one, other, live);
  const best = isFirst ? one : other;
  const second = isFirst ? other : one;
  let count = 0;
  if (best >= 0) out[count++] = slots[best]!;
  if (second >= 0 && count < out.length) out[count++] = slots[second]!;
  let position = Math.max(best, 0);
  for (let i = 0; i < size && count < out.length; i++) {
    if (position !== best && position !== second && live.isUsable(slots[position]!)) out[count++] = slots[position]!;
    if (++position === size) position = 0;
  }
  return count;
}

/** A usable position other than `not`: by chance, or the next one from the last draw on; -1: there is none. */
function drawUsable({ slots }: DispatcherSet, live: Live, not: number): number {
  const size = slots.length;
  let position = 0;
  for (let i = 0; i < DRAWS; i++) {
    position = Math.floor(((live.random() >>> 0) / 0x100000000) * size);
    if (position !== not && live.isUsable(slots[position]!)) return position;
  }
  for (let i = 0; i < size; i++) {
    if (++position >= size) position = 0;
    if (position !== not && live.isUsable(slots[position]!)) return position;
  }
  return -1;
}
