// The transports of SIP, as names, as numbers for tables and tokens, and what follows from each: whether its messages come
// over connections, whether it is protected, and its port.
import { Scheme, UriTransport, type UriView } from "../sip/uri.ts";

/** Transports as numbers: those of `UriTransport`. */
export const Transport = { udp: 1, tcp: 2, tls: 3, ws: 4, wss: 5 } as const;
export type Transport = (typeof Transport)[keyof typeof Transport];
/** The name of one, as in `;transport=`. */
export type TransportName = keyof typeof Transport;

/** More than any of the numbers. */
export const TRANSPORTS = 6;

/** Port by transport (RFC 3261 19.1.2, RFC 7118 5.4 with RFC 6455 3), where a URI or a Via gives none. */
const PORTS = Uint16Array.of(5060, 5060, 5060, 5061, 80, 443);

/** The port where none is given; 5060 for a number that is no transport. */
export function defaultPort(transport: number): number {
  return PORTS[transport] ?? 5060;
}

/** The transport of this name, in lower case; 0: none that we know. */
export function transportNamed(name: string): Transport | 0 {
  return isTransportName(name) ? Transport[name] : 0;
}

/** Whether it is the name of a transport, in lower case. */
export function isTransportName(name: string): name is TransportName {
  return Object.hasOwn(Transport, name);
}

/** Whether its messages come over connections: nothing is lost on the way, and nothing is sent twice. */
export function isStream(transport: Transport | TransportName): boolean {
  return transport !== Transport.udp && transport !== "udp";
}

/** Whether what is sent over it is protected on the way: all that a `sips:` URI may be sent over (RFC 5630 3.1). */
export function isSecure(transport: number): boolean {
  return transport === Transport.tls || transport === Transport.wss;
}

/**
 * The transport over which a sip or sips URI wants its requests, going by the URI alone; 0: none that we know. With sips,
 * `tcp` stands for TLS over it and `ws` for secure WebSocket (RFC 3261 26.2.2, RFC 7118 5.5).
 */
export function transportOfUri(uri: UriView): Transport | 0 {
  const wanted = uri.transport;
  if (uri.scheme !== Scheme.sips) {
    if (wanted === UriTransport.none) return Transport.udp;
    return wanted === UriTransport.sctp || wanted === UriTransport.other ? 0 : wanted;
  }
  if (wanted === UriTransport.none || wanted === UriTransport.tcp || wanted === UriTransport.tls) return Transport.tls;
  return wanted === UriTransport.ws || wanted === UriTransport.wss ? Transport.wss : 0;
}
