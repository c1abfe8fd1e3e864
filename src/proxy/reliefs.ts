// Who goes on when all of a set is away: the other sets of the routes that lead to it.
import type { RouteEntry } from "../bridge/route-entry.ts";

/** For each route that leads to a set, but for its like, the other sets of that route. */
export type Reliefs = readonly (readonly number[])[];

/** By row of the set; undefined where some route has no other set, or none leads there. */
export function reliefsOf(routes: readonly RouteEntry[]): readonly (Reliefs | undefined)[] {
  const reliefs: (number[][] | undefined)[] = [];
  const alone = new Set<number>();
  const seen = new Set<string>();
  for (const { action } of routes) {
    if (action.kind === "redirect") alone.add(action.set);
    if (action.kind !== "dispatch") continue;
    const { set, others } = action;
    if (others.length === 0) alone.add(set);
    if (others.length === 0 || seen.has(`${set},${others}`)) continue;
    seen.add(`${set},${others}`);
    for (const one of [set, ...others]) {
      reliefs[one] ??= [];
      reliefs[one].push([set, ...others].filter((other) => other !== one));
    }
  }
  return reliefs.map((lists, set) => (alone.has(set) ? undefined : lists));
}
