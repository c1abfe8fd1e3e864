// What a check finds about rows of tables, kept short: tables have destinations by the ten thousand, and one column that is wrong is wrong
// in all of them.
import type { Finding } from "../finding.ts";
import type { Config } from "../schema.ts";

/** Rows of a set that are told one by one. */
const MOST_TOLD = 20;

/** Findings of one check; of those about rows of a set the first, and how many more there are. */
export function withFewRows(found: readonly Finding[], { sets }: Pick<Config, "sets">): readonly Finding[] {
  if (found.length <= MOST_TOLD) return found;
  const byName = new Map(sets.map((set) => [set.name, set]));
  const counts = new Map<string, number>();
  const told: Finding[] = [];
  const more = new Map<string, Finding>();
  for (const finding of found) {
    const [section, name, key, index] = finding.path;
    const set = section === "sets" && key === "destinations" ? byName.get(String(name)) : undefined;
    // An error refuses the configuration: none is left out.
    if (finding.severity === "error" || set?.destinations[Number(index)]?.source === undefined) {
      told.push(finding);
      continue;
    }
    const count = (counts.get(set.name) ?? 0) + 1;
    counts.set(set.name, count);
    if (count <= MOST_TOLD) told.push(finding);
    else {
      const what = `the same is found about ${count - MOST_TOLD} more rows of set "${set.name}"`;
      more.set(set.name, { ...finding, path: ["sets", set.name], what });
    }
  }
  return [...told, ...more.values()];
}
