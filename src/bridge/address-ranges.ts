// Whether an address is one of many: address blocks as sorted ranges, so that a thousand of them cost ten comparisons.

/** Sorted ranges of addresses that do not touch: eight words each, the first address and the last one, both included. */
export type AddressRanges = Int32Array;

/** Words per range: the first address and the last one, both included. */
const RANGE_WORDS = 8;

/** Whether the address at `peer[at]` is in one of the ranges of a snapshot. */
export function inRanges(ranges: Int32Array, peer: Int32Array, at: number): boolean {
  let low = 0;
  let high = ranges.length / RANGE_WORDS;
  // The last range that begins at the address or before it.
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isAbove(ranges, middle * RANGE_WORDS, peer, at)) high = middle;
    else low = middle + 1;
  }
  return low > 0 && !isAbove(peer, at, ranges, (low - 1) * RANGE_WORDS + 4);
}

/** Whether the address `a[i]` is greater than `b[j]`. */
function isAbove(a: Int32Array, i: number, b: Int32Array, j: number): boolean {
  for (let word = 0; word < 4; word++) {
    const left = a[i + word]! >>> 0;
    const right = b[j + word]! >>> 0;
    if (left !== right) return left > right;
  }
  return false;
}
