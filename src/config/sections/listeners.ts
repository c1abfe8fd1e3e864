// Section `listeners`: where SIP is received, and the name under which others reach us there.
import { z } from "zod";
import { defaultPort, isSecure, isTransportName, Transport, type TransportName } from "../../net/transport.ts";
import { formatHostPort, type HostPort, isNumericHost, parseHostPort } from "../values/address.ts";
import { type AddressBlockConfig, addressBlock } from "../values/address-block.ts";
import { refuse } from "../values/issue.ts";
import { isName, reference } from "../values/reference.ts";

const URI_HINT =
  "udp://HOST:PORT, tcp://HOST:PORT, tls://HOST:PORT, ws://HOST:PORT[/PATH] or wss://HOST:PORT[/PATH], such as udp://0.0.0.0:5060 or udp://[::]:5060";
/** What a browser may say in its Origin header (RFC 6454 7): a scheme, a host and perhaps a port. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/\s,@]+$/;
/** RFC 3986 3.3, without anything that a client might write in two ways. */
const PATH = /^\/[A-Za-z0-9._~!$&'()*+,;=:@/-]*$/;

/** What happens to the Contact of a stranger that names another address than it comes from. */
export const CONTACT_POLICIES = ["keep", "repair"] as const;

/** A listener. `host` is an address without brackets. */
export interface ListenerConfig {
  /** The operator's name, or the URI. */
  readonly name: string;
  readonly transport: TransportName;
  readonly host: string;
  readonly port: number;
  /** What goes into Via and Record-Route instead of the bound address; port undefined: the bound one. */
  readonly advertise?: HostPort;
  /** Whose requests it takes, besides those of destinations; empty: everybody's. */
  readonly allow: readonly AddressBlockConfig[];
  /** What happens to Contacts of phones behind NAT. Absent: `keep`. */
  readonly contact?: (typeof CONTACT_POLICIES)[number];
  /** Proxies whose connections have to begin with a header of the PROXY protocol; empty: nobody's may. */
  readonly proxies: readonly AddressBlockConfig[];
  /** No port is opened there: only connections that we make are its own. Absent: one is. */
  readonly connectOnly?: true;
  /** Only where it is one of WebSocket. */
  readonly web?: WebConfig;
  /** Name of its TLS profile; absent: the default one. */
  readonly tls?: string;
  /** Its own certificate and key, as files; listener-profiles.ts makes a profile of them. */
  readonly files?: { readonly certificate: string; readonly key: string };
}

/** What a WebSocket listener lets in. */
export interface WebConfig {
  /** The path that is served, and that connections of ours ask for; "": every path is served. */
  readonly path: string;
  /** Origins whose pages may connect, lower case; empty: everybody. */
  readonly origins: readonly string[];
}

const long = z.strictObject({
  uri: z
    .string()
    .meta({ title: "listener URI", examples: ["udp://0.0.0.0:5060"] })
    .describe(
      "Where to receive: `udp://HOST:PORT`, `tcp://HOST:PORT`, `tls://HOST:PORT`, `ws://HOST:PORT[/PATH]` or `wss://`. The host is an address of this machine, or a wildcard.",
    ),
  advertise: z
    .string()
    .optional()
    .meta({ title: "HOST[:PORT]" })
    .describe("Host and port under which others reach this listener; they go into Via and Record-Route."),
  allow: z
    .array(addressBlock)
    .min(1)
    .max(1000)
    .optional()
    .describe("Address blocks whose requests are taken here, besides those of destinations. Default: everybody's."),
  contact: z
    .enum(CONTACT_POLICIES)
    .optional()
    .describe(
      "`repair`: the Contact of a phone behind NAT gets a parameter by which requests to it find it, for registrars that know no Path. Default: `keep`.",
    ),
  origins: z
    .array(z.string().meta({ title: "origin", examples: ["https://phone.example.com"] }))
    .min(1)
    .max(1000)
    .optional()
    .describe("WebSocket: only browsers with a page of these origins may connect. Default: everybody may."),
  tls: reference.optional().describe("TLS: the name of its profile. Default: `default`."),
  certificate: z
    .string()
    .min(1)
    .optional()
    .meta({ title: "path" })
    .describe("TLS without a profile: PEM file of the certificate with its chain; goes with `key`."),
  key: z
    .string()
    .min(1)
    .optional()
    .meta({ title: "path" })
    .describe("TLS without a profile: PEM file of the private key, not encrypted."),
  proxy_protocol: z
    .strictObject({
      from: z
        .array(addressBlock)
        .min(1)
        .max(1000)
        .describe("Address blocks of the proxies; from all others the header is not taken."),
    })
    .optional()
    .describe(
      "Connections of these proxies begin with a header of the PROXY protocol (version 1 or 2), which is believed.",
    ),
  connect_only: z
    .boolean()
    .optional()
    .describe(
      "TCP, TLS and WebSocket: opens no port. Destinations are connected to from there, and their requests in dialogs come by the listener of the caller. Default: `false`.",
    ),
  name: z.string().optional().describe("Name by which routes and destinations speak of it. Default: the URI."),
});

/** Schema of one listener. */
export const listener = z
  .union([z.string().meta({ title: "listener URI" }), long])
  .transform((value, sink): ListenerConfig => {
    const given: z.output<typeof long> = typeof value === "string" ? { uri: value } : value;
    const at = typeof value === "string" ? [] : ["uri"];
    const match = /^([a-z]+):(?:\/\/)?(.*)$/i.exec(given.uri);
    if (match === null) return refuse(sink, value, `"${given.uri}" is not a listener`, URI_HINT, at);
    const transport = (match[1] ?? "").toLowerCase();
    if (transport === "sctp") {
      const hint = "udp, tcp, tls, ws or wss";
      return refuse(sink, value, "transport sctp is not available in this version (Node has no SCTP)", hint, at);
    }
    if (!isTransportName(transport)) return refuse(sink, value, `unknown transport "${transport}"`, URI_HINT, at);
    const [where = "", path = ""] = splitPath(match[2] ?? "");
    const isWeb = transport === "ws" || transport === "wss";
    if (path !== "" && !(isWeb && PATH.test(path))) {
      const hint = isWeb
        ? "a path without query, such as ws://0.0.0.0:8080/sip"
        : "only a ws:// or wss:// listener has a path";
      return refuse(sink, value, `"${path}" is no path here`, hint, at);
    }
    const origins = (given.origins ?? []).map((one) => one.toLowerCase());
    const strange = isWeb ? origins.findIndex((one) => !ORIGIN.test(one)) : origins.length - 1;
    if (strange >= 0) {
      const hint = isWeb
        ? "scheme and host, such as https://phone.example.com"
        : "only a ws:// or wss:// listener has origins";
      return refuse(sink, value, `"${given.origins?.[strange]}" is no origin here`, hint, ["origins", strange]);
    }
    const place = parseHostPort(where, 0);
    if (place === null)
      return refuse(sink, value, `"${where}" is not HOST:PORT with a port of up to 65535`, URI_HINT, at);
    if (!isNumericHost(place.host)) {
      return refuse(
        sink,
        value,
        `listener host "${place.host}" is a name`,
        "an address of this machine; a name belongs into advertise",
        at,
      );
    }
    if (hasZone(place.host)) {
      const what = `listener host "${place.host}" has a zone, which no Via can name`;
      return refuse(sink, value, what, "udp://[::]:5060 takes what comes to link-local addresses, too", at);
    }
    const port = place.port ?? defaultPort(Transport[transport]);
    const name = given.name ?? `${transport}://${formatHostPort(place.host, port)}`;
    if (given.name !== undefined && !isName(given.name)) {
      return refuse(sink, value, `"${given.name}" is not a name`, "letters, digits, _ . -", ["name"]);
    }
    const proxies = given.proxy_protocol?.from ?? [];
    if (proxies.length > 0 && transport === "udp") {
      const what = "proxy_protocol is for connections, and udp has none";
      return refuse(sink, value, what, "a tcp listener of its own", ["proxy_protocol"]);
    }
    if (given.connect_only === true && transport === "udp") {
      const what = "connect_only is for connections, and udp has none";
      return refuse(sink, value, what, "a tcp, tls, ws or wss listener", ["connect_only"]);
    }
    const connectOnly = given.connect_only === true ? { connectOnly: true as const } : {};
    const web = isWeb ? { web: { path, origins } } : {};
    const { certificate, key } = given;
    const own = certificate !== undefined ? "certificate" : key !== undefined ? "key" : undefined;
    const secured = given.tls === undefined ? own : "tls";
    if (secured !== undefined && !isSecure(Transport[transport]))
      return refuse(sink, value, `a ${transport} listener has no TLS profile`, "tls://HOST:PORT or wss://HOST:PORT", [
        secured,
      ]);
    if (own !== undefined && given.tls !== undefined)
      return refuse(sink, value, "a profile and a certificate of its own", "either tls, or certificate and key", [own]);
    if ((certificate === undefined) !== (key === undefined))
      return refuse(sink, value, "certificate and key belong together", "certificate: FILE and key: FILE", [
        own ?? "key",
      ]);
    const files = certificate === undefined || key === undefined ? {} : { files: { certificate, key } };
    const tls = given.tls === undefined ? files : { tls: given.tls };
    const contact = given.contact === undefined ? {} : { contact: given.contact };
    const more = { ...contact, ...web, ...tls, ...connectOnly };
    const allow = given.allow ?? [];
    const base: ListenerConfig = { name, transport, host: place.host, port, allow, proxies, ...more };
    if (given.advertise === undefined) return base;
    const advertise = parseHostPort(given.advertise);
    if (advertise === null || hasZone(advertise.host)) {
      const hint = advertise === null ? "" : "without a zone: no Via can name it";
      return refuse(sink, value, `"${given.advertise}" is not HOST[:PORT]`, hint, ["advertise"]);
    }
    return { ...base, advertise };
  });

/** Host with port, and the path. */
function splitPath(text: string): [string, string] {
  const slash = text.indexOf("/");
  return slash < 0 ? [text, ""] : [text.slice(0, slash), text.slice(slash)];
}

/** Whether an IPv6 address names an interface (`%eth0`); RFC 3261 25.1 has no way to write that. */
function hasZone(host: string): boolean {
  return host.includes("%");
}

/** Schema of the section. */
export const listeners = z
  .array(listener)
  .min(1)
  .max(64)
  .describe("Where SIP is received. Changing them needs a restart.");

/** The URI by which a listener can always be spoken of. */
export function listenerUri(config: ListenerConfig): string {
  return `${config.transport}://${formatHostPort(config.host, config.port)}`;
}
