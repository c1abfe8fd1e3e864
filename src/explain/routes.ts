// Routes in sentences: what they do, and why one did not match.
import type { DispatchActionConfig } from "../config/sections/dispatching.ts";
import type { RouteConfig } from "../config/sections/routes.ts";
import { formatAddressBlock } from "../config/values/address-block.ts";
import type { UriPatternConfig } from "../config/values/uri-pattern.ts";
import type { RouteCondition } from "../proxy/mismatch.ts";

/** What a route does: `dispatch to set media, by to`. */
export function actionText({ action }: RouteConfig): string {
  switch (action.kind) {
    case "dispatch":
      return dispatchText(action);
    case "forward":
      return "forward by Route and request URI";
    case "reject":
      return `reject with ${action.status} ${action.reason}`.trimEnd();
    case "redirect":
      return `redirect with ${action.status} to ${action.contact ?? `a destination of set ${action.set ?? ""}`}`;
    case "drop":
      return "drop silently";
  }
}

function dispatchText({ set, others = [], key, rewriteUri }: DispatchActionConfig): string {
  const sets = others.length === 0 ? `set ${set}` : `sets ${[set, ...others].join(", then ")}`;
  const by = key === undefined ? "" : ` by ${key}`;
  return `dispatch to ${sets}${by}${rewriteUri === "host" ? ", with the destination's host in the request URI" : ""}`;
}

/** Why a route did not match. `isFromPool`: the message came from a destination. */
export function mismatchText(route: RouteConfig, condition: RouteCondition, isFromPool: boolean): string {
  switch (condition) {
    case "fromSet":
      if (route.fromSet === undefined) return "it is for traffic from outside; this came from a destination";
      if (!isFromPool) return `it is for traffic from destinations (from_set: ${route.fromSet})`;
      return `the sender is not in set ${route.fromSet}`;
    case "listener":
      return `it is for listener ${route.listener}`;
    case "methods":
      return `it is for ${route.methods.join(", ")}`;
    case "source":
      return `the source is not in ${route.source.map(formatAddressBlock).join(", ")}`;
    case "requestUri":
      return `the request URI is not like ${patternText(route.requestUri)}`;
    case "from":
      return `the From URI is not like ${patternText(route.from)}`;
    case "to":
      return `the To URI is not like ${patternText(route.to)}`;
    case "match":
      return `it does not match ${route.match.map(({ of }) => of).join(", ")}`;
  }
}

function patternText(pattern: UriPatternConfig | null): string {
  return `${pattern?.user ?? "*"}@${pattern?.host ?? "*"}`;
}
