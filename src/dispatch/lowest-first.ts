// The lists of algorithms that prefer whoever has the least of something: calls, or a score.

/** What those in the list have, so that a number that changes meanwhile does not disturb the order. Every 32-bit number fits. */
const worths = new Float64Array(65_536);

/**
 * Puts `slot` into the list of `count` in `out`, which has room for `room`: the lowest `worth` first, equals in the order in which
 * they come. Returns how many there are now. A list is begun with a count of 0, and one is made at a time.
 */
export function rank(out: Uint16Array, count: number, room: number, slot: number, worth: number): number {
  if (count === room && worth >= worths[count - 1]!) return count;
  const more = count === room ? count : count + 1;
  let at = more - 1;
  for (; at > 0 && worths[at - 1]! > worth; at--) {
    worths[at] = worths[at - 1]!;
    out[at] = out[at - 1]!;
  }
  worths[at] = worth;
  out[at] = slot;
  return more;
}
