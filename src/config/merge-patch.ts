// JSON Merge Patch (RFC 7396): what a PATCH means. Objects are merged, null takes a key away, everything else is replaced.
import { isObject } from "./values/object.ts";

/** The target with the patch in it; neither is changed. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key);
    else result.set(key, mergePatch(result.get(key), value));
  }
  return Object.fromEntries(result);
}

/** The patch without what it takes away below its own keys: what is left has to look like the settings themselves. */
export function withoutInnerNulls(patch: unknown): unknown {
  return isObject(patch) ? mapped(patch, (value) => (isObject(value) ? withoutNulls(value) : value)) : patch;
}

function withoutNulls(patch: Readonly<Record<string, unknown>>): unknown {
  const kept = Object.entries(patch).filter(([, value]) => value !== null);
  return mapped(Object.fromEntries(kept), (value) => (isObject(value) ? withoutNulls(value) : value));
}

function mapped(from: Readonly<Record<string, unknown>>, change: (value: unknown) => unknown): unknown {
  return Object.fromEntries(Object.entries(from).map(([key, value]) => [key, change(value)]));
}
