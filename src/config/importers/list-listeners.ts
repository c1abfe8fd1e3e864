// Which listeners a dispatcher.list works with: those of the command line, else those its socket attributes name.
import { isIPv6 } from "node:net";
import { formatHostPort, isNumericHost, parseHostPort } from "../values/address.ts";
import type { RunningListener } from "./importer.ts";
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
export interface ListListeners {
  readonly uris: readonly string[];
  /** The same as fairlead.yaml has them: one of TCP that nobody asked for only connects. */
  readonly written: readonly (string | { readonly uri: string; readonly connect_only: true })[];
  /** Nothing names a listener: the usual one is taken. */
  readonly assumed: boolean;
  /** Added for rows that name a transport, `line` the first of them: the same place as the listener `like`. Among `uris`. */
  readonly added: readonly { readonly uri: string; readonly like: string; readonly line: number }[];
}

/** The listeners for the rows of a list. `listen`: of the command line; `inForce`: those that run, at a reload. */
export function listenersOf(
  listen: readonly string[],
  destinations: readonly ListDestination[],
  inForce?: readonly RunningListener[],
): ListListeners {
  const sockets = destinations.flatMap((one) => (one.socket === undefined ? [] : [uriOfSocket(one.socket)]));
  const named = listen.length > 0 ? [...listen] : [...new Set(sockets.filter((uri) => uri !== undefined))];
  const uris = named.length > 0 ? named : [ASSUMED];
  // Of those that only probes leave from none is the first, which requests leave from.
  for (const { pingSocket } of destinations) {
    const uri = listen.length > 0 || pingSocket === undefined ? undefined : uriOfSocket(pingSocket);
    if (uri !== undefined && !uris.includes(uri)) uris.push(uri);
  }
  if (inForce !== undefined) {
    const kept = inForce.filter(
      ({ uri }) => !uris.some((one) => isSame(one, uri)) && uris.some((one) => isBeside(one, uri)),
    );
    return {
      uris: [...uris, ...kept.map(({ uri }) => uri)],
      written: [...uris, ...kept.map(({ uri, connectOnly }) => written(uri, connectOnly))],
      assumed: named.length === 0,
      added: [],
    };
  }
  const asked = [...uris];
  const added: { uri: string; like: string; line: number }[] = [];
  for (const one of destinations) {
    const more = lacking(one, uris);
    if (more === null) continue;
    uris.push(more.uri);
    added.push({ ...more, line: one.record.line });
  }
  return { uris, written: [...asked, ...added.map(({ uri }) => written(uri))], assumed: named.length === 0, added };
}

/** One that is added: connections need no open port, datagrams come back to the one that they leave by. */
function written(uri: string, connectOnly = uri.startsWith("tcp")): ListListeners["written"][number] {
  return connectOnly ? { uri, connect_only: true } : uri;
}

function placeOf(uri: string): { readonly transport: string; readonly place: string } | null {
  const [, transport = "", rest = ""] = /^(udp|tcp):(?:\/\/)?([^/?]+)$/i.exec(uri) ?? [];
  const place = parseHostPort(rest);
  return place === null
    ? null
    : { transport: transport.toLowerCase(), place: formatHostPort(place.host, place.port ?? 5060) };
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [placeOf(one), placeOf(other)];
  return a !== null && b !== null && a.place === b.place && a.transport === b.transport;
}

/** At the same place by the other transport. */
function isBeside(one: string, other: string): boolean {
  const [a, b] = [placeOf(one), placeOf(other)];
  return a !== null && b !== null && a.place === b.place && a.transport !== b.transport;
}

/**
 * The listener that a destination over UDP or TCP lacks: at the place of the first of its address family that has another of the
 * two transports, which has to be there for what leaves. Null: it lacks none, or nothing says where. TLS needs a certificate.
 */
function lacking({ parsed, socket }: ListDestination, uris: readonly string[]): { uri: string; like: string } | null {
  if (parsed === undefined || socket !== undefined || !["udp", "tcp"].includes(parsed.transport)) return null;
  const suiting = uris.flatMap((uri) => {
    const [, scheme = "", rest = ""] = /^(udp|tcp):(?:\/\/)?([^/?]+)$/i.exec(uri) ?? [];
    const host = parseHostPort(rest, 0)?.host ?? "";
    const suits = host !== "" && (!isNumericHost(parsed.host) || isIPv6(parsed.host) === isIPv6(host));
    return suits ? [{ transport: scheme.toLowerCase(), rest, like: uri }] : [];
  });
  const [first] = suiting;
  if (first === undefined || suiting.some(({ transport }) => transport === parsed.transport)) return null;
  return { uri: `${parsed.transport}://${first.rest}`, like: first.like };
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
