// A table's destinations put into their sets. What has not changed about a row since the table of before stays what it became
// in the meantime: the admin API may have given it another weight, or taken it out.
import type { DestinationConfig } from "../sections/destination.ts";
import type { SetConfig } from "../sections/sets.ts";
import type { SourceConfig } from "../source-databases.ts";
import type { TranslatedTable } from "./translate.ts";

type BySet = TranslatedTable["destinations"];
const NOTHING: BySet = new Map();

/** The sets with the destinations of `after`. `before`: what they have of this source already. */
export function withTable(
  sets: readonly SetConfig[],
  source: SourceConfig,
  before: BySet = NOTHING,
  after: BySet = NOTHING,
): SetConfig[] {
  const known = new Set(sets.map(({ name }) => name));
  const changed = sets.map((set) => withRows(set, source, before.get(set.name) ?? [], after.get(set.name) ?? []));
  for (const [name, destinations] of after) {
    if (known.has(name)) continue;
    const empty: SetConfig = { ...source.defaults, name, destinations: [], source: source.name };
    const set = withRows(empty, source, before.get(name) ?? [], destinations);
    // A set that somebody has removed since stays so, as long as its rows do not change.
    if (set.destinations.length > 0 || !before.has(name)) changed.push(set);
  }
  return changed;
}

function withRows(
  set: SetConfig,
  { name: source }: SourceConfig,
  before: readonly DestinationConfig[],
  after: readonly DestinationConfig[],
): SetConfig {
  if (before.length === 0 && after.length === 0) return set;
  const others = set.destinations.filter((one) => one.source !== source);
  if (before.length === 0) return { ...set, destinations: [...others, ...after] };
  const earlier = new Map(before.map((one) => [one.name, one]));
  const present = new Map(set.destinations.filter((one) => one.source === source).map((one) => [one.name, one]));
  const rows = after.flatMap((row) => {
    const old = earlier.get(row.name);
    if (old === undefined || !isSameRow(old, row)) return [row];
    const now = present.get(row.name);
    return now === undefined ? [] : [now];
  });
  return { ...set, destinations: [...others, ...rows] };
}

/** Whether two rows say the same. Only what is not alike at a glance is compared as text: of ten thousand rows nothing is. */
function isSameRow(a: DestinationConfig, b: DestinationConfig): boolean {
  const names = Object.keys(a) as (keyof DestinationConfig)[];
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => a[name] === b[name] || JSON.stringify(a[name]) === JSON.stringify(b[name]));
}
