// What a route that leads to sets says besides: in which order, by which policy, and how the request changes on the way.
import { z } from "zod";
import { refuse } from "../values/issue.ts";
import { reference } from "../values/reference.ts";
import {
  type FailoverConfig,
  failoverOverride,
  refusal,
  type UnavailableConfig,
  unavailableOverride,
} from "./failover.ts";
import { key } from "./key.ts";
import { type RequestHeadersConfig, requestHeaders } from "./request-headers.ts";
import { needed } from "./resources.ts";
import { type TranslationConfig, translate } from "./translate.ts";

/** Which registrations get our Path (RFC 3327). */
export const PATH_POLICIES = ["always", "supported", "never"] as const;
/** What of the request URI becomes the destination's. */
export const REWRITES = ["never", "host"] as const;

/** A route that leads to one set, or to several, one after the other. */
export interface DispatchActionConfig {
  readonly kind: "dispatch";
  readonly set: string;
  /** Sets whose candidates follow those of `set`; absent: none. */
  readonly others?: readonly string[];
  readonly key?: string;
  /** Resources that its calls take where they go; absent: as the first set says. */
  readonly resources?: readonly string[];
  /** Absent: `supported`. */
  readonly path?: (typeof PATH_POLICIES)[number];
  /** What differs from the failover of `set`. */
  readonly failover?: Partial<FailoverConfig>;
  /** Absent: that of `set`. */
  readonly unavailable?: UnavailableConfig;
  /** The answer when no destination is usable; absent: 503 with Retry-After. */
  readonly noDestination?: UnavailableConfig;
  /** Absent: `never`. */
  readonly rewriteUri?: (typeof REWRITES)[number];
  /** The first whose pattern matches gives the request URI another user. */
  readonly translate?: readonly TranslationConfig[];
  readonly headers?: RequestHeadersConfig;
}

/** Keys of such a route, by name. */
export const dispatching = {
  set: reference.optional().describe("Action: dispatch to this set."),
  sets: z
    .array(reference)
    .min(1)
    .max(16)
    .optional()
    .describe(
      "Action: dispatch to these sets, one after the other: the candidates of the first, then those of the second, each by its own algorithm. Failover goes by the first one's policy.",
    ),
  key: key
    .optional()
    .describe("With `set`: what a hash algorithm hashes instead of what the set says; see `sets.NAME.key`."),
  resources: needed
    .optional()
    .describe(
      "With `set`: what a call takes of its destination's `resources` while it lasts, `[pstn, transc]`. Default: as the set says.",
    ),
  path: z
    .enum(PATH_POLICIES)
    .optional()
    .describe(
      "With `set`: which REGISTERs get a Path (RFC 3327), so that calls find the phone's connection. `supported` (the default): those that announce it; `always`: all, because most phones announce nothing.",
    ),
  failover: failoverOverride
    .optional()
    .describe("With `set`: what differs from the set's `failover` for requests of this route."),
  unavailable: unavailableOverride
    .optional()
    .describe("With `set`: instead of the set's `unavailable` for requests of this route."),
  no_destination: refusal
    .optional()
    .describe("With `set`: the answer when no destination is usable. Default: 503 with a Retry-After."),
  rewrite_uri: z
    .enum(REWRITES)
    .optional()
    .describe(
      "With `set`: what of the request URI becomes the destination's. `never` (the default): nothing; `host`: host, port and parameters, as Kamailio's `ds_select_domain` does. Requests within dialogs keep theirs.",
    ),
  translate: translate.optional(),
  headers: requestHeaders.optional(),
} as const;

/** Keys that say how to dispatch, and nothing without a set. */
const MODIFIERS = [
  "key",
  "resources",
  "path",
  "failover",
  "unavailable",
  "no_destination",
  "rewrite_uri",
  "translate",
  "headers",
] as const;

const fields = z.strictObject(dispatching);
type Given = z.output<typeof fields>;
type Sink = Parameters<typeof refuse>[0];

/** What is wrong with the keys of a route taken together has been reported when this is false. */
export function isDispatchingSound(given: Given, sink: Sink): boolean {
  const isDispatch = given.set !== undefined || given.sets !== undefined;
  for (const name of MODIFIERS) {
    if (isDispatch || given[name] === undefined) continue;
    refuse(sink, given, `${name} without set`, "it says how requests go to a set", [name]);
    return false;
  }
  const twice = given.sets?.find((name, at) => given.sets?.indexOf(name) !== at);
  if (twice === undefined) return true;
  refuse(sink, given, `set "${twice}" is there twice`, "", ["sets"]);
  return false;
}

/** The action; null when the route leads to no set. */
export function dispatchActionOf(given: Given): DispatchActionConfig | null {
  const [set, ...others] = given.sets ?? (given.set === undefined ? [] : [given.set]);
  if (set === undefined) return null;
  return {
    kind: "dispatch",
    set,
    ...(others.length === 0 ? {} : { others }),
    ...(given.key === undefined ? {} : { key: given.key }),
    ...(given.resources === undefined ? {} : { resources: given.resources }),
    ...(given.path === undefined ? {} : { path: given.path }),
    ...(given.failover === undefined ? {} : { failover: given.failover }),
    ...(given.unavailable === undefined ? {} : { unavailable: given.unavailable }),
    ...(given.no_destination === undefined ? {} : { noDestination: given.no_destination }),
    ...(given.rewrite_uri === undefined ? {} : { rewriteUri: given.rewrite_uri }),
    ...(given.translate === undefined ? {} : { translate: given.translate }),
    ...(given.headers === undefined ? {} : { headers: given.headers }),
  };
}
