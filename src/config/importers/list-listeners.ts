// Which listeners a dispatcher.list works with: those of the command line, else those its socket attributes name.
import { formatHostPort, parseHostPort } from "../values/address.ts";
import type { ListDestination } from "./list-destination.ts";

/** Assumed where nothing names a listener. */
const ASSUMED = "udp://0.0.0.0:5060";

/** `udp://host:port` of Kamailio's `udp:host:port`, the same for tcp; undefined when it is a name or another transport. */
function uriOfSocket(socket: string): string | undefined {
  const match = /^(?:(udp|tcp):)?(.+)$/i.exec(socket);
  const place = parseHostPort(match?.[2] ?? "");
  if (place === null || !/[:.]/.test(socket)) return undefined;
  return `${(match?.[1] ?? "udp").toLowerCase()}://${formatHostPort(place.host, place.port ?? 5060)}`;
}

/** Listeners in the shape of fairlead.yaml. */
export function listenersOf(
  listen: readonly string[],
  destinations: readonly ListDestination[],
): { uris: string[]; assumed: boolean } {
  if (listen.length > 0) return { uris: [...listen], assumed: false };
  const sockets = destinations.flatMap((one) => (one.socket === undefined ? [] : [uriOfSocket(one.socket)]));
  const uris = [...new Set(sockets.filter((uri) => uri !== undefined))];
  return uris.length > 0 ? { uris, assumed: false } : { uris: [ASSUMED], assumed: true };
}

/**
 * The listener that a `socket` or `sockname` attribute means: undefined where there is no attribute, null where it names none
 * (Kamailio then rejects the destination).
 */
export function matchListener(socket: string | undefined, listen: readonly string[]): string | undefined | null {
  if (socket === undefined) return undefined;
  const uri = uriOfSocket(socket);
  if (uri === undefined) return null;
  return listen.length === 0 || listen.some((one) => uriOfSocket(one.replace("//", "")) === uri) ? uri : null;
}
