// Lists of address blocks as workers search them: sorted ranges, none twice.

import type { AddressBlock } from "../bridge/address-block.ts";
import type { AddressRanges } from "../bridge/address-ranges.ts";

/** The blocks as ranges in order; those that overlap or touch become one. */
export function compileRanges(blocks: readonly AddressBlock[]): AddressRanges {
  const merged: Range[] = [];
  const ranges = blocks.map(rangeOf).sort((a, b) => (a.first < b.first ? -1 : 1));
  for (const range of ranges) {
    const before = merged.at(-1);
    if (before === undefined || range.first > before.last + 1n) merged.push(range);
    else if (range.last > before.last) merged.splice(-1, 1, { first: before.first, last: range.last });
  }
  return Int32Array.from(merged.flatMap(({ first, last }) => [...wordsOf(first), ...wordsOf(last)]));
}

interface Range {
  readonly first: bigint;
  readonly last: bigint;
}

function rangeOf({ words, prefix }: AddressBlock): Range {
  const address = words.reduce((sum, word) => (sum << 32n) | BigInt(word >>> 0), 0n);
  const rest = (1n << BigInt(128 - prefix)) - 1n;
  return { first: address & ~rest, last: address | rest };
}

function wordsOf(address: bigint): number[] {
  return [96n, 64n, 32n, 0n].map((shift) => Number(BigInt.asIntN(32, address >> shift)));
}
