// One destination of a set: a URI, or an object with everything else about it.
import { z } from "zod";
import { PROBE_MARKS, type ProbeMark } from "../../health/probe-mode.ts";
import { isSecure, isTransportName, transportNamed } from "../../net/transport.ts";
import { isHost } from "../values/address.ts";
import { type DestinationUri, type LOOK_UPS, parseDestinationUri, portOf } from "../values/destination-uri.ts";
import type { EventSocket } from "../values/event-socket.ts";
import { refuse } from "../values/issue.ts";
import { chosenName, reference } from "../values/reference.ts";
import { type Capacity, capacities, eventSocket } from "./resources.ts";

/** States that a configuration can give; `trying` only comes from results. */
export const CONFIGURED_STATES = ["active", "inactive", "disabled", "draining"] as const;

/** Among a destination's own words, those that a script would have pushed (OpenSIPS's `ds_push_script_attrs`). */
export const SCRIPT_ATTRS = "script_attrs";

/** How a destination of UDP gets requests that are too large for one packet of the network (RFC 3261 18.1.1). */
export const LARGE_REQUESTS = ["udp", "tcp"] as const;

/** Whether connections to a destination begin by saying for whom they are (haproxy's proxy-protocol.txt). */
export const PROXY_HEADERS = ["none", "v2"] as const;

/** Weight of a FreeSWITCH that is free, and of one that says nothing (OpenSIPS's `max_freeswitch_weight`). */
export const MOST_TOLD_WEIGHT = 100;

/** A destination. */
export interface DestinationConfig {
  /** As configured. */
  readonly uri: string;
  /** The operator's name, or the URI. Unique in the set. */
  readonly name: string;
  /** Lower case, IPv6 without brackets. An address or a name to be resolved. */
  readonly host: string;
  /** 5060 (tls: 5061) where the URI has none. */
  readonly port: number;
  /** Only `udp`, `tcp`, `tls` and `ws` can be used in this version, see `unusable`. */
  readonly transport: string;
  /** How its host becomes addresses (RFC 3263 section 4). */
  readonly lookUp: (typeof LOOK_UPS)[number];
  readonly user?: string;
  /** Where a FreeSWITCH tells it, what it is without that. */
  readonly weight: number;
  /** Who tells its weight; absent: nobody. */
  readonly weightFrom?: EventSocket;
  readonly priority: number;
  /** 0: no limit. */
  readonly maxCalls: number;
  /** Lower is better, where the algorithm goes by it; another may be told at run time. */
  readonly score: number;
  /** Capacity of each named resource. */
  readonly resources: Readonly<Record<string, Capacity>>;
  readonly state: (typeof CONFIGURED_STATES)[number];
  readonly probe: ProbeMark;
  /** From URI of its probes; absent: that of its set. */
  readonly probeFrom?: string;
  /** Name of the listener that its probes leave from; absent: where requests leave from. */
  readonly probeListener?: string;
  /** By what requests go to it that are longer than `limits.large_request_bytes`. */
  readonly largeRequests: (typeof LARGE_REQUESTS)[number];
  /** How many characters the user of the request URI loses in front, and what comes in their place. */
  readonly strip: number;
  readonly prefix: string;
  /** With a header of the PROXY protocol, each caller has connections of its own to it. */
  readonly proxyProtocol: (typeof PROXY_HEADERS)[number];
  /** Name of the listener to send from; absent: the first of the same address family. */
  readonly listener?: string;
  /** Name of its TLS profile; absent: that of its set, else the default one. */
  readonly tls?: string;
  /** The name that its certificate must have; absent: its host. */
  readonly serverName?: string;
  /** The operator's own words about it; not interpreted. */
  readonly attrs: Readonly<Record<string, string>>;
  /** Why it cannot be used in this version (its state is `disabled` then); empty: it can. */
  readonly unusable: string;
  /** Name of the source whose table has it; absent: the configuration or the admin API. */
  readonly source?: string;
}

/** Schema of a destination with everything about it, before it is looked at as a whole. */
export const longDestination = z.strictObject({
  uri: z
    .string()
    .meta({ title: "SIP URI", examples: ["sip:10.0.0.11:5060"] })
    .describe(
      "Where it is: `sip:HOST[:PORT][;transport=udp]`, or with `;transport=tcp`, `tls` or `ws`, or `sips:HOST`. A host that is a name stands for all its servers.",
    ),
  name: chosenName
    .max(255)
    .optional()
    .describe("Its name in logs, metrics and commands; unique in the set. Default: the URI."),
  weight: z
    .union([z.int().min(0).max(65_535), eventSocket])
    .default(1)
    .describe(
      "Relative share under `weighted` and `consistent-hash`; 0: only when no other can. `fs://[USER]:PASSWORD@HOST[:PORT]` instead of a number, under `opensips:0` to `opensips:7`, `two-choices` and `fastest`: 0 to 100, as free as the FreeSWITCH at that event socket says that it is.",
    ),
  priority: z
    .int()
    .min(-2_147_483_648)
    .max(2_147_483_647)
    .default(0)
    .describe("The higher number is preferred and comes first in the set's order."),
  max_calls: z.int().min(0).max(2_147_483_647).default(0).describe("Most calls at a time; 0: no limit."),
  score: z
    .int()
    .min(-2_147_483_648)
    .max(2_147_483_647)
    .default(0)
    .describe(
      "Under `opensips:9` and `opensips:10` the lowest comes first; below 0 it gets nothing under `opensips:10`. Another one may be told while it runs (`fairlead destinations score`).",
    ),
  resources: capacities
    .default({})
    .describe(
      'How many calls at a time it can serve of each kind, `{pstn: 32, transc: 100}` or `"pstn=32;transc=100"`; `fs://[USER]:PASSWORD@HOST[:PORT]` instead of a number: as many as the FreeSWITCH at that event socket says. What a call is, its route says (`resources`).',
    ),
  state: z
    .enum(CONFIGURED_STATES)
    .default("active")
    .describe("State it starts in. `draining` and `disabled` get no new calls."),
  probe: z
    .enum(PROBE_MARKS)
    .default("default")
    .describe(
      "`never`: not probed. `marked`: probed under the modes `once`, `marked` and `down` (Kamailio's P flag). `always`, and `down`, only while it is inactive: whatever the mode (OpenSIPS's `probe_mode`), where its set is probed at all.",
    ),
  probe_from: z
    .string()
    .optional()
    .meta({ title: "SIP URI" })
    .describe("From URI of its probes (Kamailio's `ping_from`). Default: `probe.from` of its set."),
  probe_listener: reference
    .optional()
    .describe(
      "Name or URI of the listener that its probes leave from, of the same transport and address family (Kamailio's `ping_socket`). Default: that of its requests.",
    ),
  large_requests: z
    .enum(LARGE_REQUESTS)
    .default("udp")
    .describe(
      "By what requests longer than `limits.large_request_bytes` go: `tcp` where it listens there at the same port. Needs a TCP listener and forwarding with transactions.",
    ),
  strip: z
    .int()
    .min(0)
    .max(255)
    .default(0)
    .describe(
      "How many characters the user of the request URI loses in front when a request goes to it; each try begins with the number as it was received.",
    ),
  prefix: z
    .union([
      z.string().regex(/^[A-Za-z0-9+*_.!~'()-]{0,64}$/, "a prefix is letters, digits, + * _ . ! ~ ' ( ) -"),
      z.int().min(0).transform(String),
    ])
    .default("")
    .describe(
      "What is put in front of the user of the request URI, after `strip`. Requests within dialogs keep theirs.",
    ),
  proxy_protocol: z
    .enum(PROXY_HEADERS)
    .default("none")
    .describe(
      "`v2`: connections to it begin with a header of the PROXY protocol, version 2, that names the caller; each caller has connections of its own. For TCP, TLS and WebSocket.",
    ),
  listener: reference
    .optional()
    .describe("Name or URI of the listener to send from. Default: the first of the same address family and transport."),
  tls: reference.optional().describe("Name of its TLS profile. Default: that of its set, else `default`."),
  server_name: z
    .string()
    .optional()
    .describe("The name that its certificate must have, and that is asked for (SNI). Default: the host of its URI."),
  attrs: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String))
    .default({})
    .describe(
      "Your own words about it; shown, not interpreted, but for `ocmin` and `ocmax` under `kamailio:64`: the least and the most percent of new requests that it can ask to be spared; and `cc` (1: congestion control) and `latency` (milliseconds that it is taken for in the beginning) under `kamailio:11` and `kamailio:13`.",
    ),
});

/** A destination as an object of the file, defaults filled in. */
export type DestinationFields = z.output<typeof longDestination>;

/** What is wrong with a destination, and which of its keys it is about. */
export interface DestinationFault {
  readonly what: string;
  readonly hint: string;
  readonly key: keyof DestinationFields;
}

const FOR_TLS = ["tls", "server_name"] as const;

/** The destination that the fields mean, or what is wrong. `parsed`: `given.uri`, taken apart; `source`: whose table has it. */
export function destinationOf(
  given: DestinationFields,
  parsed: DestinationUri | undefined = undefined,
  source: string | undefined = undefined,
): DestinationConfig | DestinationFault {
  const uri = parsed ?? parseDestinationUri(given.uri);
  if (typeof uri === "string") return { what: uri, hint: "such as sip:10.0.0.11:5060", key: "uri" };
  const isUsable = isTransportName(uri.transport);
  for (const key of FOR_TLS)
    if (given[key] !== undefined && uri.lookUp !== "naptr" && !isSecure(transportNamed(uri.transport)))
      return { what: `${key} is for destinations of TLS`, hint: "sips:HOST, or ;transport=tls", key };
  const serverName = given.server_name?.toLowerCase();
  if (serverName !== undefined && !isHost(serverName))
    return { what: `"${given.server_name}" is not a host name`, hint: "", key: "server_name" };
  if (given.probe_from !== undefined && typeof parseDestinationUri(given.probe_from) === "string")
    return {
      what: `"${given.probe_from}" is not a SIP URI`,
      hint: "such as sip:prober@example.com",
      key: "probe_from",
    };
  const why = uri.transport === "sctp" ? " (Node has no SCTP)" : "";
  const unusable = isUsable ? "" : `transport ${uri.transport} is not available in this version${why}`;
  // Set one by one: tables have destinations by the ten thousand, and spreading what may be absent is what would take longest.
  const made: { -readonly [Key in keyof DestinationConfig]: DestinationConfig[Key] } = {
    uri: given.uri,
    name: given.name ?? given.uri,
    host: uri.host,
    port: portOf(uri),
    transport: uri.transport,
    lookUp: uri.lookUp,
    weight: typeof given.weight === "number" ? given.weight : MOST_TOLD_WEIGHT,
    priority: given.priority,
    maxCalls: given.max_calls,
    score: given.score,
    resources: given.resources,
    state: unusable === "" ? given.state : "disabled",
    probe: given.probe,
    largeRequests: given.large_requests,
    strip: given.strip,
    prefix: given.prefix,
    proxyProtocol: given.proxy_protocol,
    attrs: given.attrs,
    unusable,
  };
  if (uri.user !== undefined) made.user = uri.user;
  if (typeof given.weight !== "number") made.weightFrom = given.weight;
  if (given.listener !== undefined) made.listener = given.listener;
  if (given.probe_from !== undefined) made.probeFrom = given.probe_from;
  if (given.probe_listener !== undefined) made.probeListener = given.probe_listener;
  if (given.tls !== undefined) made.tls = given.tls;
  if (serverName !== undefined) made.serverName = serverName;
  if (source !== undefined) made.source = source;
  return made;
}

/** The fields of a destination of which nothing but its URI is known. */
export function plainDestination(uri: string): DestinationFields {
  return longDestination.parse({ uri });
}

/** Schema of one destination. */
export const destination = z
  .union([z.string().meta({ title: "SIP URI" }), longDestination])
  .transform((value, sink): DestinationConfig => {
    const made = destinationOf(typeof value === "string" ? plainDestination(value) : value);
    if (!("what" in made)) return made;
    return refuse(sink, value, made.what, made.hint, typeof value === "string" ? [] : [made.key]);
  });
