// Listeners of a fairlead.yaml in whose place the command line puts others: whoever wrote them waits there for calls in vain.
import { type Finding, warningAt } from "./finding.ts";
import { isObject } from "./values/object.ts";

/** A warning that names the listeners of `data` that are not used where `given` takes their place, if there are any. */
export function replacedListeners(data: unknown, given: unknown): readonly Finding[] {
  if (!Array.isArray(given) || !isObject(data) || !Array.isArray(data["listeners"])) return [];
  const unused = data["listeners"].map(nameOf).filter((name) => !given.includes(name));
  if (unused.length === 0) return [];
  const what = `--listen takes the place of all listeners of the file; not used: ${unused.join(", ")}`;
  return [warningAt(["listeners"], what, "run without --listen, or with a --listen for each")];
}

/** What it says besides its URI is not used either, where the command line names the same URI. */
function nameOf(listener: unknown): string {
  if (!isObject(listener)) return String(listener);
  const { uri, ...settings } = listener;
  const keys = Object.keys(settings);
  return keys.length === 0 ? String(uri) : `${String(uri)} (${keys.join(", ")})`;
}
