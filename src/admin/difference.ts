// What differs between two configurations, for people who want to know before they press the button.
import { isDeepStrictEqual } from "node:util";
import { isObject } from "../config/values/object.ts";
import type { DifferenceResource } from "./resources.ts";

/** More than that are not told apart any more. */
export const MOST_DIFFERENCES = 200;

/** The differences between JSON-like values, at most MOST_DIFFERENCES. Entries of a list that have names are known by them. */
export function differences(before: unknown, after: unknown): DifferenceResource[] {
  const found: DifferenceResource[] = [];
  compare(before, after, "", found);
  return found;
}

function compare(before: unknown, after: unknown, path: string, found: DifferenceResource[]): void {
  if (found.length >= MOST_DIFFERENCES || isDeepStrictEqual(before, after)) return;
  const [old, now] = [membersOf(before), membersOf(after)];
  if (old === null || now === null) {
    found.push({ path, before: before ?? null, after: after ?? null });
    return;
  }
  for (const key of new Set([...old.keys(), ...now.keys()]))
    compare(old.get(key), now.get(key), path === "" ? key : `${path}.${key}`, found);
  const order = [...now.keys()].filter((key) => old.has(key));
  const wasOrder = [...old.keys()].filter((key) => now.has(key));
  if (Array.isArray(after) && !isDeepStrictEqual(order, wasOrder))
    found.push({ path: `${path} (order)`, before: wasOrder, after: order });
}

/** Members by key or name; null: it is compared as a whole. */
function membersOf(value: unknown): Map<string, unknown> | null {
  if (isObject(value)) return new Map(Object.entries(value));
  if (!Array.isArray(value)) return null;
  const named = new Map<string, unknown>();
  for (const each of value) {
    if (!isObject(each) || typeof each.name !== "string" || named.has(each.name)) return null;
    named.set(each.name, each);
  }
  return named;
}
