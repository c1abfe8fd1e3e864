// Routes as workers see them: names become indices, text becomes bytes.
import type { MatchEntry } from "../bridge/request-changes.ts";
import { type RouteAction, type RouteEntry, routeOfAll, type UriPattern } from "../bridge/route-entry.ts";
import type { Config } from "../config/schema.ts";
import { automatonOfMatch, type MatchConfig, matchExpression } from "../config/sections/match.ts";
import type { RouteConfig } from "../config/sections/routes.ts";
import { withoutDot } from "../config/values/text-pattern.ts";
import type { UriPatternConfig } from "../config/values/uri-pattern.ts";
import { compileBlock } from "./compile-block.ts";
import { compileExpression, type KeyTable } from "./compile-keys.ts";
import { findListener } from "./compile-listeners.ts";
import { rowOfSet } from "./compile-sets.ts";
import { compileTreatment } from "./compile-treatment.ts";
import { neededBits, type ResourceRows } from "./resource-table.ts";

const encoder = new TextEncoder();

/**
 * Compiles all routes; `setRows` are the rows of the sets, by their place in the configuration. Behind the last one stands our default for traffic from the destinations: forward by Route and
 * request URI. (That everything goes to the only set when there are no routes is filled in by config/references.ts.)
 */
export function compileRoutes(
  config: Config,
  setRows: readonly number[],
  keys: KeyTable,
  resources: ResourceRows,
  problems: string[],
): RouteEntry[] {
  const rowOf: RowOf = (route, set) => {
    const position = config.sets.findIndex(({ name }) => name === set);
    if (position >= 0) return rowOfSet(setRows, position);
    problems.push(`${route}: there is no set ${set}`);
    return -1;
  };
  const entries = config.routes.map((route) => compileRoute(config, route, rowOf, keys, resources, problems));
  const back = routeOfAll("from the destinations", { kind: "forward", stateful: config.forwarding === "stateful" });
  entries.push({ ...back, fromSet: -2 });
  return entries;
}

/** Row of the set named by a route. */
type RowOf = (route: string, set: string) => number;

function compileRoute(
  config: Config,
  route: RouteConfig,
  rowOf: RowOf,
  keys: KeyTable,
  resources: ResourceRows,
  problems: string[],
): RouteEntry {
  const listener = route.listener === undefined ? -1 : findListener(config.listeners, route.listener);
  if (route.listener !== undefined && listener < 0)
    problems.push(`${route.name}: there is no listener ${route.listener}`);
  return {
    name: route.name,
    methods: route.methods.map((method) => encoder.encode(method)),
    requestUri: compilePattern(route.requestUri),
    from: compilePattern(route.from),
    to: compilePattern(route.to),
    match: route.match.map(compileMatch),
    source: route.source.map(compileBlock),
    fromSet: fromSetOf(route, rowOf),
    senderResources: neededBits(route.senderResources, resources),
    listener,
    action: compileAction(config, route, rowOf, keys, resources),
  };
}

function compileMatch(match: MatchConfig): MatchEntry {
  const of = compileExpression(matchExpression(match.of));
  return { of, automaton: automatonOfMatch(match), isNot: match.pattern.isNot };
}

function fromSetOf({ name, fromSet }: RouteConfig, rowOf: RowOf): number {
  if (fromSet === undefined) return -1;
  return fromSet === "any" ? -2 : rowOf(name, fromSet);
}

function compileAction(
  config: Config,
  route: RouteConfig,
  rowOf: RowOf,
  keys: KeyTable,
  resources: ResourceRows,
): RouteAction {
  const { action } = route;
  const stateful = (route.forwarding ?? config.forwarding) === "stateful";
  switch (action.kind) {
    case "dispatch": {
      const set = rowOf(route.name, action.set);
      const others = (action.others ?? []).map((name) => rowOf(route.name, name));
      const key = keys.numberOf(action.key);
      const { path = "supported", noDestination = null } = action;
      const treatment = compileTreatment(config, action);
      const usual = config.sets.find(({ name }) => name === action.set)?.resources.needed ?? [];
      const needed = neededBits(action.resources ?? usual, resources);
      return { kind: "dispatch", set, others, key, resources: needed, stateful, path, treatment, noDestination };
    }
    case "forward":
      return { kind: "forward", stateful };
    case "redirect": {
      const { status, reason, contact = "", set } = action;
      return { kind: "redirect", status, reason, contact, set: set === undefined ? -1 : rowOf(route.name, set) };
    }
    default:
      return action;
  }
}

/** A pattern as bytes; null when it matches everything. */
export function compilePattern(pattern: UriPatternConfig | null): UriPattern | null {
  if (pattern === null || (pattern.user === null && pattern.host === null)) return null;
  const bytes = (text: string | null) => (text === null ? null : encoder.encode(text));
  return {
    user: bytes(pattern.user),
    host: bytes(pattern.host === null ? null : withoutDot(pattern.host.toLowerCase())),
  };
}
