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
