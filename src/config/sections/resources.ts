// Named resources: what a destination has of them, what a route's calls need, and how a set goes by them.
import { z } from "zod";
import { EVENT_SOCKET_HINT, type EventSocket, isEventSocketUrl, parseEventSocket } from "../values/event-socket.ts";
import { refuse } from "../values/issue.ts";

/** What is free is compared as a number, or as a share of the capacity. */
export const MEASURES = ["absolute", "relative"] as const;
/** Who gets the call among equals. */
export const TIES = ["first", "random"] as const;

/** How much a destination has of something: a number, or what the FreeSWITCH behind an event socket says. */
export type Capacity = number | EventSocket;

/** How a set goes by resources. */
export interface SetResourcesConfig {
  /** What calls by routes need that do not say so themselves. */
  readonly needed: readonly string[];
  readonly measure: (typeof MEASURES)[number];
  readonly ties: (typeof TIES)[number];
  /** Who is full is taken all the same when nobody has room. */
  readonly overbook: boolean;
  /** Whether a server has its resources once, in however many sets it is; else once for each. */
  readonly shared: boolean;
}

const MOST_CAPACITY = 2_147_483_647;
const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/;
const name = z.string().regex(NAME, "not a resource's name: letters, digits, _ . -");

/** `pstn=32;transc=100`, as in the table of OpenSIPS; a sentence about what is wrong. */
export function parseCapacities(text: string): Readonly<Record<string, Capacity>> | string {
  const capacities: Record<string, Capacity> = {};
  // A password with a semicolon would come apart, and must not be repeated as something else.
  const isPrivate = /fs:\/\//i.test(text);
  for (const part of text.split(";")) {
    if (part.trim() === "") continue;
    const equals = part.indexOf("=");
    const value = part.slice(equals + 1).trim();
    // Which profiles of theirs are shared by a cache says nothing here.
    const resource = (equals < 0 ? part : part.slice(0, equals)).trim().replace(/\/[bs]$/, "");
    if (!NAME.test(resource))
      return isPrivate ? "a part is not NAME=CAPACITY" : `"${resource}" is not a resource's name`;
    if (Object.hasOwn(capacities, resource)) return `${resource} is there twice`;
    if (equals >= 0 && isEventSocketUrl(value)) {
      const socket = parseEventSocket(value);
      if (typeof socket === "string") return `${resource}: ${socket}`;
      capacities[resource] = socket;
      continue;
    }
    if (equals < 0 || !/^\d{1,10}$/.test(value) || Number(value) > MOST_CAPACITY)
      return isPrivate ? "a part is not NAME=CAPACITY" : `${resource}: "${equals < 0 ? "" : value}" is not a capacity`;
    capacities[resource] = Number(value);
  }
  return capacities;
}

/** What is short and plain holds no password of a URL that is written wrongly, and may be shown. */
const PLAIN_WORD = /^[\w.%+-]{1,20}$/;

/** Why a text that stands where a number or the URL of an event socket belongs is neither, and what would be right. */
function neither(given: string): readonly [what: string, hint: string] {
  const shown = PLAIN_WORD.test(given) ? `"${given}"` : "this";
  return /^\d+$/.test(given)
    ? [`${shown} is text, not a number`, "without quotes"]
    : [`${shown} is neither a number nor the URL of an event socket`, EVENT_SOCKET_HINT];
}

/** Schema of the URL of an event socket, which stands where a number might. */
export const eventSocket = z
  .string()
  .meta({ title: "event socket URL", examples: ["fs://:PASSWORD@10.0.0.11:8021"] })
  .transform((given, sink): EventSocket => {
    if (!isEventSocketUrl(given)) return refuse(sink, given, ...neither(given));
    const parsed = parseEventSocket(given);
    return typeof parsed === "string" ? refuse(sink, given, parsed, EVENT_SOCKET_HINT) : parsed;
  });

/** Schema of what a destination has. */
export const capacities = z
  .union([
    z.string().meta({ title: "NAME=NUMBER;..." }),
    z.record(name, z.union([z.int().min(0).max(MOST_CAPACITY), eventSocket])),
  ])
  .transform((given, sink): Readonly<Record<string, Capacity>> => {
    if (typeof given !== "string") return given;
    const parsed = parseCapacities(given);
    return typeof parsed === "string" ? refuse(sink, given, parsed, 'such as "pstn=32;transc=100"') : parsed;
  });

/** Schema of what calls need: a list of names, or one text with semicolons. Each name once. */
export const needed = z
  .union([z.string().meta({ title: "NAME;..." }), z.array(name)])
  .transform((given, sink): string[] => {
    const names = typeof given === "string" ? given.split(";").map((one) => one.trim()) : given;
    const stated = names.filter((one) => one !== "");
    const wrong = stated.find((one) => !NAME.test(one));
    if (wrong !== undefined)
      return refuse(sink, given, `"${wrong}" is not a resource's name`, "such as pstn, without a number");
    return [...new Set(stated)];
  });

const PLAIN: SetResourcesConfig = { needed: [], measure: "absolute", ties: "first", overbook: false, shared: true };

const long = z.strictObject({
  needed: needed.default([]).describe("What a call needs whose route does not say so itself."),
  measure: z
    .enum(MEASURES)
    .default("absolute")
    .describe("Under `load-balancer`: most free lines, or the largest free share (OpenSIPS's flag `r`)."),
  ties: z
    .enum(TIES)
    .default("first")
    .describe("Under `load-balancer`, among equals: the first in the set's order, or a `random` one (flag `s`)."),
  overbook: z
    .boolean()
    .default(false)
    .describe("Calls go to destinations without room when nobody has any (flag `n`), instead of being refused."),
  shared: z
    .boolean()
    .default(true)
    .describe(
      "A server has its resources once, in however many sets it stands; `false`: once for each place where it stands, as in OpenSIPS.",
    ),
});

/** Schema of a set's part; a list alone is what is needed. */
export const setResources = z
  .union([needed, long])
  .transform((given): SetResourcesConfig => (Array.isArray(given) ? { ...PLAIN, needed: given } : given))
  .prefault({});
