// Sets that routes name and that only a table can bring: they are there without destinations as long as the table has no row of
// theirs, because what stands in a table must not keep a configuration from coming into force.
import type { RouteConfig } from "../sections/routes.ts";
import type { SetConfig } from "../sections/sets.ts";
import type { SourceConfig } from "../source-databases.ts";
import type { Tables } from "./table.ts";

/** As a number in a table is told: without leading zeros. */
const ID = /^(0|[1-9]\d{0,9})$/;

/** Whether a row of the source can be of the set of that name. */
export function mayBring({ sets, prefix }: Pick<SourceConfig, "sets" | "prefix">, name: string): boolean {
  if (Object.values(sets).includes(name)) return true;
  const id = name.slice(prefix.length);
  return name.startsWith(prefix) && ID.test(id) && !Object.hasOwn(sets, id);
}

/** The sets of `routes` that `known` has not and a source may bring, empty, with the settings that its rows would give them. */
export function awaitedSets(
  known: readonly SetConfig[],
  sources: readonly SourceConfig[],
  routes: readonly RouteConfig[],
  tables: Tables,
): SetConfig[] {
  const present = new Set(known.map(({ name }) => name));
  const missing = new Set(routes.flatMap(namesOf).filter((name) => !present.has(name)));
  return [...missing].flatMap((name) => {
    const able = sources.filter((one) => mayBring(one, name));
    // A source that could be read has told that it is not its own.
    const source = able.find((one) => !tables.has(one.name)) ?? able[0];
    return source === undefined ? [] : [{ ...source.defaults, name, destinations: [], source: source.name }];
  });
}

function namesOf({ action, fromSet }: RouteConfig): string[] {
  const from = fromSet === undefined || fromSet === "any" ? [] : [fromSet];
  if (action.kind === "dispatch") return [action.set, ...(action.others ?? []), ...from];
  return action.kind === "redirect" && action.set !== undefined ? [action.set, ...from] : from;
}
