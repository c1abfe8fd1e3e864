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

/** Whether every request that matches `b` matches `a`. Says no where it would take more than comparing. */
function covers(a: RouteConfig, b: RouteConfig): boolean {
  if (a.fromSet !== b.fromSet && !(a.fromSet === "any" && b.fromSet !== undefined)) return false;
  if (a.listener !== undefined && a.listener !== b.listener) return false;
  if (a.methods.length > 0 && (b.methods.length === 0 || !b.methods.every((method) => a.methods.includes(method))))
    return false;
  if (a.source.length > 0) {
    if (b.source.length === 0 || !b.source.every((block) => a.source.some((wider) => coversBlock(wider, block))))
      return false;
  }
  const asksFor = new Set(b.match.map((one) => JSON.stringify(one)));
  if (!a.match.every((one) => asksFor.has(JSON.stringify(one)))) return false;
  return coversPattern(a.requestUri, b.requestUri) && coversPattern(a.from, b.from) && coversPattern(a.to, b.to);
}

/** Most routes that are compared pairwise. */
const MOST_COMPARED = 500;

/** A route behind one that takes everything. */
export const unreachableRoutes: Check = {
  summary: "A route that never matches because of an earlier one.",
  look(config): Finding[] {
    const routes = config.routes.slice(0, MOST_COMPARED);
    return routes.flatMap((route, index) => {
      const earlier = routes.slice(0, index).find((one) => covers(one, route));
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

/** Methods are case-sensitive. */
export const methodCase: Check = {
  summary: "A method that is not in capitals.",
  look(config): Finding[] {
    return config.routes.flatMap((route, index) =>
      route.methods.flatMap((method) => {
        if (method === method.toUpperCase()) return [];
        return [
          warningAt(
            ["routes", index, "method"],
            `method "${method}" is not in capitals, and methods are case-sensitive`,
            `did you mean "${method.toUpperCase()}"?`,
          ),
        ];
      }),
    );
  },
};
