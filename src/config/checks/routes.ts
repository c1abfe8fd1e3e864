// Routes that never match, sets that nobody uses, and relaying for strangers.
import { BlockList, isIPv6 } from "node:net";
import { errorAt, type Finding, warningAt } from "../finding.ts";
import type { RouteConfig } from "../sections/routes.ts";
import type { AddressBlockConfig } from "../values/address-block.ts";
import type { UriPatternConfig } from "../values/uri-pattern.ts";
import type { Check } from "./check.ts";

function coversPattern(a: UriPatternConfig | null, b: UriPatternConfig | null): boolean {
  if (a === null || (a.user === null && a.host === null)) return true;
  if (b === null) return false;
  return (a.user === null || a.user === b.user) && (a.host === null || a.host === b.host);
}

function coversBlock(a: AddressBlockConfig, b: AddressBlockConfig): boolean {
  if (isIPv6(a.address) !== isIPv6(b.address) || a.prefix > b.prefix) return false;
  const family = isIPv6(a.address) ? "ipv6" : "ipv4";
  const list = new BlockList();
  list.addSubnet(a.address, a.prefix, family);
  return list.check(b.address, family);
}

/** A route whose conditions are texts that can be looked up. */
interface Compared {
  readonly route: RouteConfig;
  readonly matches: ReadonlySet<string>;
}

function comparedAs(route: RouteConfig): Compared {
  return { route, matches: new Set(route.match.map((one) => JSON.stringify(one))) };
}

/** Most blocks of addresses that are compared with each other in one look. */
const MOST_BLOCKS = 50_000;

/** Whether every request that matches `b` matches `a`. Says no where it would take more than comparing. */
function covers({ route: a, matches: asked }: Compared, { route: b, matches }: Compared, left: BlocksLeft): boolean {
  if (a.fromSet !== b.fromSet && !(a.fromSet === "any" && b.fromSet !== undefined)) return false;
  if (a.listener !== undefined && a.listener !== b.listener) return false;
  if (a.methods.length > 0 && (b.methods.length === 0 || !b.methods.every((method) => a.methods.includes(method))))
    return false;
  for (const one of asked) if (!matches.has(one)) return false;
  if (!coversPattern(a.requestUri, b.requestUri) || !coversPattern(a.from, b.from) || !coversPattern(a.to, b.to))
    return false;
  if (a.source.length === 0) return true;
  if (b.source.length === 0) return false;
  left.blocks -= a.source.length * b.source.length;
  return left.blocks >= 0 && b.source.every((block) => a.source.some((wider) => coversBlock(wider, block)));
}

/** How many blocks may still be compared. */
interface BlocksLeft {
  blocks: number;
}

/** Most routes that are compared pairwise. */
const MOST_COMPARED = 500;

/** A route behind one that takes everything. */
export const unreachableRoutes: Check = {
  summary: "A route that never matches because of an earlier one.",
  look(config): Finding[] {
    const routes = config.routes.slice(0, MOST_COMPARED).map(comparedAs);
    const left = { blocks: MOST_BLOCKS };
    return routes.flatMap((one, index) => {
      const { route } = one;
      const earlier = routes.slice(0, index).find((before) => covers(before, one, left))?.route;
      if (earlier === undefined) return [];
      return [
        warningAt(
          ["routes", index],
          `"${route.name}" never matches: "${earlier.name}" takes all of its requests`,
          "put it before that one",
        ),
      ];
    });
  },
};

/** A set that no route leads to. */
export const unusedSets: Check = {
  summary: "A set that no route names.",
  look(config, { isImported }): Finding[] {
    if (isImported) return [];
    const used = new Set(
      config.routes.flatMap((route) => [
        route.fromSet,
        ...(route.action.kind === "dispatch" ? [route.action.set, ...(route.action.others ?? [])] : []),
        route.action.kind === "redirect" ? route.action.set : undefined,
      ]),
    );
    // A table may hold sets for others, too.
    return config.sets.flatMap((set) =>
      used.has(set.name) || used.has("any") || set.source !== undefined
        ? []
        : [{ ...warningAt(["sets", set.name], `no route leads to set "${set.name}"`), atKey: true }],
    );
  },
};

/** Forwarding by request URI is for the pool's traffic: for anybody else, whose address can be forged, it is an open relay. */
export const relay: Check = {
  summary: "A route that forwards for others than the destinations (an open relay: refused).",
  look(config): Finding[] {
    return config.routes.flatMap((route, index) => {
      if (route.action.kind !== "forward" || route.fromSet !== undefined) return [];
      const path = ["routes", index, "forward"];
      return [
        errorAt(path, `"${route.name}" forwards for others than the destinations: an open relay`, "add from_set: any"),
      ];
    });
  },
};
