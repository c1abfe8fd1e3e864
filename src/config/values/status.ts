// Response codes and classes of them: `486`, `5xx`.
import { z } from "zod";
import { refuse } from "./issue.ts";

/** Codes `first` to `last`, both included. */
export interface StatusRange {
  readonly first: number;
  readonly last: number;
}

/** A code as 200 to 200, `2xx` as 200 to 299; null for anything else. */
export function parseStatusRange(value: string | number): StatusRange | null {
  const text = String(value);
  const group = /^([1-6])xx$/i.exec(text);
  if (group !== null) {
    const first = Number(group[1]) * 100;
    return { first, last: first + 99 };
  }
  if (!/^[1-6]\d\d$/.test(text)) return null;
  return { first: Number(text), last: Number(text) };
}

/** Whether one of the ranges holds this code. */
export function isStatusIn(ranges: readonly StatusRange[], status: number): boolean {
  return ranges.some((range) => status >= range.first && status <= range.last);
}

/** Schema of a code or class. */
export const statusRange = z
  .union([z.string(), z.int()])
  .meta({ title: "status" })
  .transform((value, sink): StatusRange => {
    return (
      parseStatusRange(value) ??
      refuse(sink, value, `${JSON.stringify(value)} is not a response code`, "such as 486 or 5xx")
    );
  });
