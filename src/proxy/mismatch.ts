// Why a route did not match: for people, after the fact. The packet path only asks whether.
import { type RouteEntry, routeOfAll } from "../bridge/route-entry.ts";
import type { Context } from "./context.ts";
import { isAccepted } from "./key-text.ts";
import { isMatch } from "./routing.ts";

/** Place of the first part of a route's `match` that the request at hand does not fit; -1: none. */
export function partMismatch(c: Context, { match }: RouteEntry): number {
  return match.findIndex(({ of, automaton, isNot }) => isAccepted(c, of, automaton) === isNot);
}

/** What a route may ask of a request, in the order in which it is asked. */
export const ROUTE_CONDITIONS = [
  "fromSet",
  "listener",
  "methods",
  "source",
  "requestUri",
  "from",
  "to",
  "match",
] as const;
/** One of `ROUTE_CONDITIONS`. */
export type RouteCondition = (typeof ROUTE_CONDITIONS)[number];

/**
 * The first condition of a route that the request at hand does not meet, or null when it meets them all. Each condition is
 * put to `isMatch` alone, so this cannot say anything else than the packet path does.
 */
export function routeMismatch(c: Context, route: RouteEntry): RouteCondition | null {
  const anything = { ...routeOfAll("", route.action), fromSet: c.pool >= 0 ? -2 : -1 };
  for (const condition of ROUTE_CONDITIONS) {
    if (!isMatch(c, { ...anything, [condition]: route[condition] })) return condition;
  }
  return null;
}
