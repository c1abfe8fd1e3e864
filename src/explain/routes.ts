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

/** The part of a message that does not fit, by its place in `match`, and its text. */
export interface MismatchedPart {
  readonly place: number;
  readonly text: string;
}

/** Why a route did not match. `isFromPool`: the message came from a destination. */
export function mismatchText(
  route: RouteConfig,
  condition: RouteCondition,
  isFromPool: boolean,
  part: MismatchedPart | null,
): string {
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
      return partText(route, part);
  }
}

function partText({ match }: RouteConfig, part: MismatchedPart | null): string {
  const asked = match[part?.place ?? 0];
  if (asked === undefined || part === null) return "match";
  const has = part.text === "" ? "is not there or empty" : `is ${JSON.stringify(part.text)}`;
  const { kind, texts, isNot } = asked.pattern;
  const word = kind === "prefix" ? "begin with" : kind === "is" ? "be" : "match";
  return `${asked.of} ${has}, and must ${isNot ? "not " : ""}${word} ${shortened(texts)}`;
}

function shortened(texts: readonly string[]): string {
  const shown = texts.slice(0, 3).join(" or ");
  return texts.length > 3 ? `${shown} or one of ${texts.length - 3} more` : shown;
}

function patternText(pattern: UriPatternConfig | null): string {
  return `${pattern?.user ?? "*"}@${pattern?.host ?? "*"}`;
}
