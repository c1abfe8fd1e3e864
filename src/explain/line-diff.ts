// The difference of two header sections, line by line.
import type { DiffLine } from "./explanation.ts";

/** Every line of both, unchanged ones once, in order: the longest common subsequence stays. */
export function diffLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  const lengths = commonLengths(before, after);
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    const [old, now] = [before[i], after[j]];
    if (old !== undefined && old === now) {
      lines.push({ sign: " ", line: old });
      i++;
      j++;
    } else if (old !== undefined && (now === undefined || lengths[i + 1]![j]! >= lengths[i]![j + 1]!)) {
      lines.push({ sign: "-", line: old });
      i++;
    } else if (now !== undefined) {
      lines.push({ sign: "+", line: now });
      j++;
    }
  }
  return lines;
}

/** Start line and header lines of a message, without its body. */
export function headLines(message: string): string[] {
  const end = message.indexOf("\r\n\r\n");
  return (end < 0 ? message : message.slice(0, end)).split("\r\n");
}

/** `lengths[i][j]`: how many lines `before` from i on and `after` from j on have in common. */
function commonLengths(before: readonly string[], after: readonly string[]): number[][] {
  const lengths = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      lengths[i]![j] =
        before[i] === after[j] ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
    }
  }
  return lengths;
}
