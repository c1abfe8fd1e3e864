// Positions in an order that repeats each as often as its weight says, evenly: what shares by weight are dealt from.

/** Longest sequence; larger sums of weights are scaled down to it. */
const MAX_SEQUENCE = 65_535;

/**
 * Places 0 to `weights.length` - 1, the k-th appearance of each at (k + phase) / weight of the round; phases follow the order, so equal
 * weights give plain round robin. At most `most` entries (but one for each that has a weight); weight 0 has no place, all 0 are equal.
 */
export function smoothSequence(weights: readonly number[], most: number = MAX_SEQUENCE): Uint16Array {
  const shares = sharesOf(weights, most);
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

/** Weights without their common divisor, their sum within `most`. */
function sharesOf(weights: readonly number[], most: number): number[] {
  const isFlat = weights.every((weight) => weight === 0);
  let shares = weights.map((weight) => (isFlat ? 1 : weight));
  const divisor = shares.reduce(greatestCommonDivisor, 0);
  if (divisor > 1) shares = shares.map((share) => share / divisor);
  const sum = shares.reduce((total, share) => total + share, 0);
  if (sum <= most) return shares;
  const room = Math.max(most - shares.length, 0);
  return shares.map((share) => (share === 0 ? 0 : Math.max(1, Math.floor((share * room) / sum))));
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
