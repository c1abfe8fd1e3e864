// Section `routes`: which request gets which treatment. The first route that matches wins.
import { z } from "zod";
import { type AddressBlockConfig, addressBlock } from "../values/address-block.ts";
import { parseDestinationUri } from "../values/destination-uri.ts";
import { duration } from "../values/duration.ts";
import { refuse } from "../values/issue.ts";
import { chosenName, reference } from "../values/reference.ts";
import { type UriPatternConfig, uriPattern } from "../values/uri-pattern.ts";
import { type DispatchActionConfig, dispatchActionOf, dispatching, isDispatchingSound } from "./dispatching.ts";
import { phrase } from "./failover.ts";
import { type MatchConfig, match } from "./match.ts";
import { FORWARDING } from "./misc.ts";
import { needed } from "./resources.ts";

/** A route that sends callers elsewhere: to `contact`, or where it is absent, to a destination of `set`. */
export interface RedirectActionConfig {
  readonly kind: "redirect";
  readonly status: number;
  /** Empty: the usual one of the code. */
  readonly reason: string;
  readonly contact?: string;
  readonly set?: string;
}

/** What a route does with a request. */
export type RouteActionConfig =
  | DispatchActionConfig
  | { readonly kind: "forward" }
  | { readonly kind: "reject"; readonly status: number; readonly reason: string; readonly retryAfter: number }
  | RedirectActionConfig
  | { readonly kind: "drop" };

/** A route. Conditions that are absent or empty match everything. */
export interface RouteConfig {
  readonly name: string;
  /** Method tokens. */
  readonly methods: readonly string[];
  readonly requestUri: UriPatternConfig | null;
  readonly from: UriPatternConfig | null;
  readonly to: UriPatternConfig | null;
  readonly match: readonly MatchConfig[];
  readonly source: readonly AddressBlockConfig[];
  /** A set's name or `any`: traffic from destinations. Absent: traffic from everyone else. */
  readonly fromSet?: string;
  /** Resources that its calls take of the destination that makes them. */
  readonly senderResources: readonly string[];
  /** Name of a listener. */
  readonly listener?: string;
  /** Absent: as the configuration's `forwarding` says. */
  readonly forwarding?: (typeof FORWARDING)[number];
  readonly action: RouteActionConfig;
}

const method = z.string().regex(/^[A-Za-z0-9.!%*_+`'~-]{1,64}$/, "not a method token");

const fields = z.strictObject({
  name: chosenName.max(64).optional().describe("Name in logs and `explain`. Default: `route N`, counted from 1."),
  method: z
    .union([method, z.array(method).min(1)])
    .optional()
    .describe("Method, or a list of them (case matters)."),
  request_uri: uriPattern.optional().describe("Pattern over the request URI: `[user@]host`, `*` for anything."),
  from: uriPattern.optional().describe("Pattern over the From URI."),
  to: uriPattern.optional().describe("Pattern over the To URI."),
  match: match.optional(),
  source: z
    .union([addressBlock, z.array(addressBlock).min(1)])
    .optional()
    .describe("Address block, or a list of them, that the request came from."),
  from_set: reference
    .optional()
    .describe("Only traffic from the destinations of this set, or of `any`. Without it a route is for everyone else."),
  sender_resources: needed
    .optional()
    .describe(
      "With `from_set`: what a call takes of the `resources` of the destination that makes it, room or not (OpenSIPS's `lb_count_call`).",
    ),
  listener: reference.optional().describe("Name or URI of the listener that received it."),
  forwarding: z.enum(FORWARDING).optional().describe("Overrides the configuration's `forwarding`."),
  ...dispatching,
  forward: z.literal(true).optional().describe("Action: forward by Route and request URI. Needs `from_set`."),
  reject: z
    .strictObject({
      status: z.int().min(400).max(699).default(403).describe("Response code."),
      reason: phrase.default("").describe("Reason phrase. Default: the usual one of the code."),
      retry_after: duration(0, 86_400_000).prefault("0s").describe("Retry-After, rounded up to seconds; `0s`: none."),
    })
    .optional()
    .describe("Action: answer with an error."),
  redirect: z
    .strictObject({
      status: z.int().min(300).max(399).default(302).describe("Response code."),
      reason: phrase.default("").describe("Reason phrase. Default: the usual one of the code."),
      contact: z.string().max(512).meta({ title: "SIP URI" }).optional().describe("URI in the answer's Contact."),
      set: reference
        .optional()
        .describe(
          "Instead of `contact`: a set. Its algorithm chooses a destination for each request, and the Contact is the request URI with the host of that destination.",
        ),
    })
    .optional()
    .describe("Action: send the caller elsewhere."),
  drop: z.literal(true).optional().describe("Action: no answer at all."),
});

const ACTIONS = ["set", "sets", "forward", "reject", "redirect", "drop"] as const;

type Given = z.output<typeof fields>;

function actionOf(given: Given): RouteActionConfig {
  const dispatch = dispatchActionOf(given);
  if (dispatch !== null) return dispatch;
  if (given.reject !== undefined) {
    const { retry_after, ...rest } = given.reject;
    return { kind: "reject", ...rest, retryAfter: Math.ceil(retry_after / 1000) };
  }
  if (given.redirect !== undefined) {
    const { contact, set, ...rest } = given.redirect;
    return {
      kind: "redirect",
      ...rest,
      ...(contact === undefined ? {} : { contact }),
      ...(set === undefined ? {} : { set }),
    };
  }
  return given.drop === true ? { kind: "drop" } : { kind: "forward" };
}

function listOf<T>(value: T | T[] | undefined): T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** Schema of one route; its name is empty where none was given. */
export const route = fields.transform((given, sink): RouteConfig => {
  const actions = ACTIONS.filter((action) => given[action] !== undefined);
  if (actions.length === 0) return refuse(sink, given, "the route does nothing", `one of ${ACTIONS.join(", ")}`);
  if (actions.length > 1)
    return refuse(sink, given, `the route has ${actions.length} actions: ${actions.join(", ")}`, "exactly one", [
      actions[1] ?? "",
    ]);
  if (!isDispatchingSound(given, sink)) return z.NEVER;
  if (given.sender_resources !== undefined && given.from_set === undefined)
    return refuse(sink, given, "sender_resources without from_set", "only destinations have resources", [
      "sender_resources",
    ]);
  const contact = given.redirect?.contact;
  if (given.redirect !== undefined && (contact === undefined) === (given.redirect.set === undefined))
    return refuse(sink, given, "a redirect leads either to a contact or to a set", "exactly one of contact, set", [
      "redirect",
    ]);
  if (contact !== undefined && typeof parseDestinationUri(contact) === "string") {
    return refuse(sink, given, `"${contact}" is not a SIP URI`, "such as sip:10.0.0.11:5060", ["redirect", "contact"]);
  }
  return {
    name: given.name ?? "",
    methods: listOf(given.method),
    requestUri: given.request_uri ?? null,
    from: given.from ?? null,
    to: given.to ?? null,
    match: given.match ?? [],
    source: listOf(given.source),
    ...(given.from_set === undefined ? {} : { fromSet: given.from_set }),
    senderResources: given.sender_resources ?? [],
    ...(given.listener === undefined ? {} : { listener: given.listener }),
    ...(given.forwarding === undefined ? {} : { forwarding: given.forwarding }),
    action: actionOf(given),
  };
});

/** Schema of the section. Names are completed here, because they count. */
export const routes = z
  .array(route)
  .max(10_000)
  .default([])
  .transform((list) =>
    list.map((entry, index): RouteConfig => (entry.name === "" ? { ...entry, name: `route ${index + 1}` } : entry)),
  )
  .describe("What happens to a request; the first match wins. Default: everything to the only set.");
