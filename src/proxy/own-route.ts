// Route processing (RFC 3261 16.4): which Route values and which request URI are ours, what the parameter in them says,
// and what therefore has to be cut from the request.
import { sameAddress } from "../net/endpoint.ts";
import { defaultPort, Transport, transportOfUri } from "../net/transport.ts";
import { Header } from "../sip/header.ts";
import { hostWords } from "../sip/host.ts";
import type { Message } from "../sip/message.ts";
import { NameAddr } from "../sip/name-addr.ts";
import { Reason } from "../sip/reason.ts";
import { equalsIgnoreCase, sameBytes } from "../sip/scan.ts";
import { Scheme, UriView } from "../sip/uri.ts";
import { requestUriFault } from "../sip/validate.ts";
import type { Context } from "./context.ts";
import { FLOW_PREFIX, readFlow } from "./flow-token.ts";
import { readToken, TOKEN_PARAM } from "./record-route.ts";
import { MOST_OWN, type OwnRoute, TokenState } from "./route-finding.ts";

const address = new Int32Array(4);
const value = new NameAddr();
const uri = new UriView();

/** Looks at the Route headers and the request URI of a request. `message.requestUri` must be set (validateRequest). */
export function readOwnRoute(c: Context, message: Message, found: OwnRoute): void {
  found.cuts = 0;
  found.uriStart = -1;
  found.nextStart = -1;
  found.dropsAll = false;
  found.token = TokenState.none;
  found.flow = TokenState.none;
  if (message.count[Header.route] === 0) return;
  if (message.firstRoute.next < 0 && isOwnLine(c, message, found)) return;
  let mine = 0;
  for (let lineEnd = -1; found.nextStart < 0 && message.nextLine(Header.route, lineEnd); ) {
    lineEnd = message.iterLineEnd;
    for (let at = message.iterStart; at >= 0; at = value.next) {
      if (!isOwnValue(c, message, at) || mine === MOST_OWN) {
        found.nextStart = value.uriStart;
        found.nextEnd = value.uriEnd;
        break;
      }
      mine++;
      noteToken(c, message, uri, found);
      // What stands behind a flow of ours is for those at its other end, even if it is ours again.
      if (noteFlow(c, uri, found)) mine = MOST_OWN;
      found.cut(at, value.next, message.iterStart, message.iterEnd, message.iterLineStart, message.iterLineEnd);
    }
  }
  // The request URI is what we put into Record-Route: a strict router made it, the target is the last Route.
  if (isOwnRequestUri(c, message)) repair(c, message, found);
}

/**
 * The usual case in one comparison: a single Route line with one value, spelled as we spelled it, whose token verifies.
 * Anything else takes the long way.
 */
function isOwnLine(c: Context, message: Message, found: OwnRoute): boolean {
  if (message.count[Header.route] !== 1) return false;
  const { uriStart, uriEnd } = message.firstRoute;
  const { routeUri } = c.adopted.listeners[c.listener]!;
  const token = uriStart + routeUri.length;
  if (token >= uriEnd || !sameBytes(message.bytes, uriStart, token, routeUri, 0, routeUri.length)) return false;
  found.token = readToken(c, message, token, uriEnd);
  if (found.token !== TokenState.valid || isOwnRequestUri(c, message)) {
    found.token = TokenState.none;
    return false;
  }
  found.cuts = 1;
  found.cutStart[0] = message.lineStart[Header.route]!;
  found.cutEnd[0] = message.lineEnd[Header.route]!;
  return true;
}

/** Whether the request URI is one that we put into a Record-Route. */
function isOwnRequestUri(c: Context, message: Message): boolean {
  const { requestUri } = message;
  return requestUri.paramsEnd > requestUri.paramsStart && requestUri.findParam(TOKEN_PARAM) && isOwn(c, requestUri);
}

function isOwnValue(c: Context, message: Message, at: number): boolean {
  return (
    value.reset(message.bytes, at, message.iterEnd) &&
    uri.reset(message.bytes, value.uriStart, value.uriEnd) &&
    isOwn(c, uri)
  );
}

/**
 * Of several tokens the last one counts. They stand side by side where a request came by here again, sent on by somebody who is
 * not in the dialog's way, and all of those values are ours to leave (RFC 3261 16.4): what is behind the last is where the way goes on,
 * for either side. The two lines of one passage (RFC 5658) have the same token.
 */
function noteToken(c: Context, message: Message, own: UriView, found: OwnRoute): void {
  if (!own.findParam(TOKEN_PARAM)) return;
  found.token = readToken(c, message, own.paramValueStart, own.paramValueEnd);
}

/** Whether this URI of ours is one of a Path; the flow that it names is the request's. */
function noteFlow(c: Context, own: UriView, found: OwnRoute): boolean {
  const token = own.userStart + FLOW_PREFIX.length;
  if (own.userStart < 0 || token > own.userEnd) return false;
  if (!sameBytes(own.bytes, own.userStart, token, FLOW_PREFIX, 0, FLOW_PREFIX.length)) return false;
  found.flow = readFlow(c, own.bytes, token, own.userEnd);
  return true;
}

/** Strict routing (RFC 3261 16.4): the last Route value becomes the request URI and leaves the list. */
function repair(c: Context, message: Message, found: OwnRoute): void {
  // It was the first of the Routes.
  if (found.token === TokenState.none) noteToken(c, message, message.requestUri, found);
  let start = -1;
  let beforeEnd = -1;
  let lineStart = -1;
  let lineEnd = -1;
  while (message.nextLine(Header.route, lineEnd)) {
    lineStart = message.iterLineStart;
    lineEnd = message.iterLineEnd;
    start = -1;
    beforeEnd = -1;
    for (let at = message.iterStart; at >= 0; at = value.next) {
      if (start >= 0) beforeEnd = value.end;
      if (!value.reset(message.bytes, at, message.iterEnd)) return;
      start = at;
    }
  }
  if (start < 0 || found.nextStart < 0) return;
  // It is judged as the request URI that it becomes: of Route values nobody has asked more than angle brackets.
  if (
    requestUriFault(uri, message.bytes, value.uriStart, value.uriEnd) !== Reason.ok ||
    // What its own request URI has promised nobody, no strict router can.
    uri.scheme === Scheme.sips
  ) {
    found.token = TokenState.bad;
    return;
  }
  found.uriStart = value.uriStart;
  found.uriEnd = value.uriEnd;
  if (found.nextStart === value.uriStart) found.nextStart = -1;
  const previous = found.cuts - 1;
  if (previous >= 0 && found.cutEnd[previous] === start) {
    // All that stands before it in its line is ours and goes too.
    found.cutStart[previous] = lineStart;
    found.cutEnd[previous] = lineEnd;
    return;
  }
  // With its line, or from the end of the value before it.
  const i = found.cuts++;
  found.cutStart[i] = beforeEnd < 0 ? lineStart : beforeEnd;
  found.cutEnd[i] = beforeEnd < 0 ? lineEnd : value.end;
}

/** Whether the first Record-Route value of a message names this load balancer. */
export function isOwnRecordRoute(c: Context, message: Message): boolean {
  const start = message.valueStart[Header.recordRoute]!;
  if (start < 0 || !value.reset(message.bytes, start, message.valueEnd[Header.recordRoute]!)) return false;
  return uri.reset(message.bytes, value.uriStart, value.uriEnd) && isOwn(c, uri);
}

/** Whether a URI names this load balancer: one of its listeners, bound or advertised. */
export function isOwn(c: Context, own: UriView): boolean {
  if ((own.scheme !== Scheme.sip && own.scheme !== Scheme.sips) || own.hostStart < 0) return false;
  const port = own.port === 0 ? defaultPort(transportOfUri(own)) : own.port;
  return isOwnHost(c, own.bytes, own.hostStart, own.hostEnd, port);
}

/** The same for a host and port (0: none given, so that of UDP and TCP). */
export function isOwnHost(c: Context, bytes: Uint8Array, start: number, end: number, port: number): boolean {
  const listeners = c.adopted.listeners;
  const wanted = port === 0 ? defaultPort(Transport.udp) : port;
  const isNumeric = hostWords(bytes, start, end, address, 0);
  for (let i = 0; i < listeners.length; i++) {
    const listener = listeners[i]!;
    if (isNumeric) {
      if (listener.port === wanted) {
        if (sameAddress(listener.bound, 0, address, 0)) return true;
        if (listener.entry.isWildcard && c.listener === i && sameAddress(c.local, 0, address, 0)) return true;
      }
      if (
        listener.advertisedPort === wanted &&
        listener.isAdvertisedNumeric &&
        sameAddress(listener.advertised, 0, address, 0)
      )
        return true;
    } else if (listener.advertisedPort === wanted && equalsIgnoreCase(bytes, start, end, listener.sentByHost))
      return true;
  }
  return false;
}

/** Whether the top Via of a request names the address at `c.peer` (RFC 3261 18.2.1). */
export function isViaTrue(c: Context, message: Message): boolean {
  const { topVia } = message;
  return hostWords(message.bytes, topVia.hostStart, topVia.hostEnd, address, 0) && sameAddress(address, 0, c.peer, 0);
}
