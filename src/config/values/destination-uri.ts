// The URI of a destination, taken apart: where its datagrams go and over which transport.
import { isIPv4 } from "node:net";
import { defaultPort, transportNamed } from "../../net/transport.ts";
import { UriView } from "../../sip/uri.ts";
import { isHost, isNumericHost } from "./address.ts";

/** How a host becomes addresses; what comes later includes what comes before. */
export const LOOK_UPS = ["none", "address", "srv", "naptr"] as const;

/** A destination's URI. */
export interface DestinationUri {
  readonly scheme: "sip" | "sips";
  /** User part as written; undefined: none. */
  readonly user: string | undefined;
  /** Lower case, IPv6 without brackets. */
  readonly host: string;
  /** Undefined where none was written. */
  readonly port: number | undefined;
  /** Lower case. The explicit parameter, else udp. With sips: tls, also for tcp, or wss, also for ws. */
  readonly transport: string;
  /** Where looking the host up begins (RFC 3263 4.1): "none", it is an address; at its address, its SRV or its NAPTR records. */
  readonly lookUp: (typeof LOOK_UPS)[number];
}

/** What a transport means with sips (RFC 3261 26.2.2, RFC 7118 5.5). */
const SECURED: Readonly<Record<string, string>> = { tcp: "tls", ws: "wss" };

/** What nearly all rows of a large table say: an address of IPv4, with a port or without. */
const PLAIN = /^sip:[\d.]{7,15}(?::\d{1,5})?$/;
const URI = /^(sips?):(?:([^@\s<>"]*)@)?(\[[^\]\s]*\]|[^\s:;?@[\]]*)(?::([^\s;?]*))?((?:;[^\s;?]+)*)(\?\S*)?$/i;

/** Scratch: tables have destinations by the ten thousand. */
const view = new UriView();

/** The URI taken apart, or what is wrong with it. */
export function parseDestinationUri(text: string): DestinationUri | string {
  const plain = PLAIN.test(text) ? plainUri(text) : null;
  if (plain !== null) return plain;
  const match = URI.exec(text);
  if (match === null) return `"${text}" is not a SIP URI`;
  const scheme = (match[1] ?? "").toLowerCase() === "sips" ? "sips" : "sip";
  const written = (match[3] ?? "").toLowerCase();
  const host = written.startsWith("[") ? written.slice(1, -1) : written;
  const isNumeric = isNumericHost(host);
  if (written.startsWith("[") ? !(isNumeric && host.includes(":")) : !(isNumeric || isHost(host))) {
    return `"${match[3]}" is not a host`;
  }
  let port: number | undefined;
  if (match[4] !== undefined) {
    port = Number(match[4]);
    if (!/^\d{1,5}$/.test(match[4]) || port < 1 || port > 65_535) return `"${match[4]}" is not a port`;
  }
  if (match[2] === "") return `"${text}" has an empty user`;
  if (match[6] !== undefined) return `"${text}" has headers`;
  // What is configured here is what routing reads later: both must agree that it is a URI. An address alone always is one.
  const isPlain = isNumeric && match[2] === undefined && match[5] === "" && !written.startsWith("[");
  if (!isPlain) {
    const bytes = Buffer.from(text, "utf8");
    if (!view.reset(bytes, 0, bytes.length)) return `"${text}" is not a SIP URI`;
  }
  const transport = /;transport=([^;]*)/i.exec(match[5] ?? "")?.[1]?.toLowerCase();
  if (scheme === "sips" && transport === "udp") return `"${text}" is a sips URI, and UDP protects nothing`;
  return {
    scheme,
    user: match[2],
    host,
    port,
    transport: scheme === "sips" ? (SECURED[transport ?? "tcp"] ?? transport ?? "") : (transport ?? "udp"),
    lookUp: isNumeric ? "none" : port !== undefined ? "address" : transport !== undefined ? "srv" : "naptr",
  };
}

/** Of what looks `PLAIN`; null: something is wrong with it, and the long way says what. */
function plainUri(text: string): DestinationUri | null {
  const start = "sip:".length;
  const colon = text.indexOf(":", start);
  const host = colon < 0 ? text.slice(start) : text.slice(start, colon);
  const port = colon < 0 ? undefined : Number(text.slice(colon + 1));
  if (!isIPv4(host) || port === 0 || (port ?? 0) > 65_535) return null;
  return { scheme: "sip", user: undefined, host, port, transport: "udp", lookUp: "none" };
}

/** The port that requests go to. */
export function portOf(uri: DestinationUri): number {
  return uri.port ?? defaultPort(transportNamed(uri.transport));
}
