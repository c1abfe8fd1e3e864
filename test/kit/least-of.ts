// Bounds of time on a machine that others use: what they do makes a figure larger, never smaller.

/**
 * The least of what `measure` gives in up to `tries` tries; it is given 0, 1, 2. It is not tried again once a figure is within `limit`:
 * with the product as it should be, a quiet machine needs one try.
 */
export async function leastOf(
  tries: number,
  limit: number,
  measure: (attempt: number) => Promise<number>,
): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < tries && least > limit; i++) least = Math.min(least, await measure(i));
  return least;
}
