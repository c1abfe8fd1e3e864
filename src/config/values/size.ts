// Sizes of memory: `65536`, `4MiB`, `1GiB`. Inside, always bytes.
import { z } from "zod";
import { refuse } from "./issue.ts";

const SIZE = /^(\d+)(B|KiB|MiB|GiB)$/;
const FACTORS: Readonly<Record<string, number>> = { B: 1, KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 };
const HINT = "a whole number and a unit: 64KiB, 4MiB, 1GiB";

/** Bytes of a written size; -1 when it is not one. */
export function parseSize(text: string): number {
  const match = SIZE.exec(text);
  return match === null ? -1 : Number(match[1]) * (FACTORS[match[2] ?? ""] ?? 0);
}

/** The shortest exact way to write a number of bytes. */
export function formatSize(bytes: number): string {
  for (const unit of ["GiB", "MiB", "KiB"]) {
    const factor = FACTORS[unit] ?? 1;
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor}${unit}`;
  }
  return `${bytes}B`;
}

/** Schema of a size of `min` to `max` bytes, both included. */
export function size(min: number, max: number) {
  return z
    .string()
    .meta({ title: "size", pattern: SIZE.source, examples: ["4MiB"] })
    .transform((text, sink): number => {
      const bytes = parseSize(text);
      if (bytes < 0) return refuse(sink, text, `"${text}" is not a size`, HINT);
      if (bytes < min || bytes > max) {
        return refuse(sink, text, `${text} is out of range`, `from ${formatSize(min)} to ${formatSize(max)}`);
      }
      return bytes;
    });
}
