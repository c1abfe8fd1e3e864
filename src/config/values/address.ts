// Hosts and ports in text: `10.0.0.1:5060`, `[2001:db8::1]:5060`, `sip.example.com`.
import { isIPv4, isIPv6 } from "node:net";

/** A host (IPv6 without brackets) and a port; undefined where none was written. */
export interface HostPort {
  readonly host: string;
  readonly port: number | undefined;
}

const NAME = /^(?=.{1,253}$)(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*\.?$/;
const DIGITS_ONLY = /^[\d.]+$/;

/** Whether this is an IPv4 or IPv6 address, written without brackets (a scope `%2` is allowed). */
export function isNumericHost(host: string): boolean {
  return isIPv4(host) || isIPv6(host);
}

/** Whether this may stand as a host: an address without brackets, or a name. Digits and dots alone must be an address. */
export function isHost(host: string): boolean {
  if (isNumericHost(host)) return true;
  return !DIGITS_ONLY.test(host) && NAME.test(host);
}

/**
 * Splits `host[:port]`; null when it is neither. IPv6 must be in brackets. Names become lower case. `lowestPort` is 0 where
 * the system may choose a port.
 */
export function parseHostPort(text: string, lowestPort = 1): HostPort | null {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(text);
  if (match === null) return null;
  const host = (match[1] ?? match[2] ?? "").toLowerCase();
  const valid = match[1] === undefined ? isHost(host) : isIPv6(host);
  if (!valid) return null;
  if (match[3] === undefined) return { host, port: undefined };
  const port = Number(match[3]);
  return port >= lowestPort && port <= 65_535 ? { host, port } : null;
}

/** The host as it stands in a URI: IPv6 in brackets. */
function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** `host:port`, or the host alone; IPv6 in brackets. */
export function formatHostPort(host: string, port: number | undefined): string {
  return port === undefined ? bracketed(host) : `${bracketed(host)}:${port}`;
}

/** Whether only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

/** Whether the address stands for every address of the machine. */
export function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || (host.includes(":") && /^[0:]+$/.test(host));
}
