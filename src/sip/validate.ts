// What a request must fulfil before it is forwarded (RFC 3261 16.3), and a response before it is looked at. Stricter than
// the RFC asks where two readers could understand a message differently.

import { Header } from "./header.ts";
import { hostWords, looksNumeric } from "./host.ts";
import type { Message } from "./message.ts";
import { Method } from "./method.ts";
import { Reason } from "./reason.ts";
import { parseDecimal, sameBytes } from "./scan.ts";
import { Scheme, type UriView } from "./uri.ts";

/** Route values that a request may have: a path through that many proxies would not fit into Max-Forwards either. */
const MAX_ROUTES = 64;
const ADDRESS = new Int32Array(4);

/**
 * Judges a request that `reset` found well-formed (its reason is returned otherwise). Fills `from`, `to` and `requestUri`.
 * Max-Forwards 0, loops and everything else that needs state or configuration is not decided here.
 * `isProtected`: it came over TLS.
 */
export function validateRequest(message: Message, isProtected = false): Reason {
  if (message.reason !== Reason.ok) return message.reason;
  const missing = missingHeader(message);
  if (missing !== Reason.ok) return missing;
  const method = methodFault(message);
  if (method !== Reason.ok) return method;
  const uri = requestUriFault(message.requestUri, message.bytes, message.uriStart, message.uriEnd);
  if (uri !== Reason.ok) return uri;
  if (!message.parseFrom()) return Reason.badFrom;
  if (!message.parseTo()) return Reason.badTo;
  // sips promises TLS on every hop (RFC 3261 26.2.2), and this one was none. Within a dialog, the way it goes on is what matters.
  if (!isProtected && message.requestUri.scheme === Scheme.sips && message.to.tagStart < 0) return Reason.secureScheme;
  if (message.valueStart[Header.contact]! >= 0 && !isContact(message)) return Reason.badContact;
  if (message.count[Header.route]! > 0) {
    const routes = routesFault(message);
    if (routes !== Reason.ok) return routes;
  }
  if (message.valueStart[Header.maxBreadth]! >= 0 && !isMaxBreadth(message)) return Reason.badMaxBreadth;
  if (
    message.valueStart[Header.proxyRequire]! >= 0 &&
    message.method !== Method.ACK &&
    message.method !== Method.CANCEL
  ) {
    // RFC 3261 8.2.2.3: in ACK and CANCEL the header is ignored. We know no extension that a proxy must support.
    for (let from = -1; message.nextLine(Header.proxyRequire, from); from = message.iterLineEnd)
      if (message.iterEnd > message.iterStart) return Reason.badExtension;
  }
  return Reason.ok;
}

/** Judges a response; any reason means that it is dropped. */
export function validateResponse(message: Message): Reason {
  if (message.reason !== Reason.ok) return message.reason;
  return missingHeader(message);
}

function missingHeader(message: Message): Reason {
  if (message.topVia.hostStart < 0) return Reason.missingVia;
  if (message.callIdStart < 0) return Reason.missingCallId;
  if (message.cseq < 0) return Reason.missingCseq;
  if (message.valueStart[Header.from]! < 0) return Reason.missingFrom;
  if (message.valueStart[Header.to]! < 0) return Reason.missingTo;
  return Reason.ok;
}

function methodFault(message: Message): Reason {
  const { bytes, methodStart, methodEnd, cseqMethodStart, cseqMethodEnd } = message;
  if (sameBytes(bytes, methodStart, methodEnd, bytes, cseqMethodStart, cseqMethodEnd)) return Reason.ok;
  if (message.method !== Method.unknown) return Reason.methodMismatch;
  // RFC 4475 3.1.2.18 wants 501 for a method nobody knows; one that differs in case only is a mistake in writing.
  if (methodEnd - methodStart !== cseqMethodEnd - cseqMethodStart) return Reason.unknownMethodMismatch;
  for (let i = 0; i < methodEnd - methodStart; i++) {
    if ((bytes[methodStart + i]! | 0x20) !== (bytes[cseqMethodStart + i]! | 0x20)) return Reason.unknownMethodMismatch;
  }
  return Reason.methodMismatch;
}

/** Whether the URI that fills `start..end` may be a request URI that we pass on; reads it into `uri`. */
export function requestUriFault(uri: UriView, bytes: Uint8Array, start: number, end: number): Reason {
  if (!uri.reset(bytes, start, end)) return Reason.badRequestUri;
  if (uri.scheme === Scheme.tel || uri.scheme === Scheme.urn) return Reason.ok;
  if (uri.scheme === Scheme.other) return Reason.unknownScheme;
  if (uri.headersStart >= 0) return Reason.escapedHeaders;
  if (bytes[uri.hostStart] !== 0x5b && looksNumeric(bytes, uri.hostStart, uri.hostEnd)) {
    // Octal, hexadecimal or one-number addresses mean one thing to us and another to a resolver.
    if (!hostWords(bytes, uri.hostStart, uri.hostEnd, ADDRESS, 0)) return Reason.badHost;
  }
  return Reason.ok;
}

/** The first Contact: `*` or an address. One with headers must stand in angle brackets (RFC 3261 20.10). */
function isContact(message: Message): boolean {
  const start = message.valueStart[Header.contact]!;
  const end = message.valueEnd[Header.contact]!;
  if (end === start) return true;
  if (end - start === 1 && message.bytes[start] === 0x2a) return true;
  // In brackets from its first byte to its last: whatever is wrong inside, nobody takes it for parameters of the header.
  if (message.bytes[start] === 0x3c && message.bytes[end - 1] === 0x3e) return true;
  return message.scratchAddress.reset(message.bytes, start, end, message.place);
}

/** All values of all Route lines must be addresses in angle brackets, and few: the next hop would have to read them. */
function routesFault(message: Message): Reason {
  // The first value is kept: it is most often ours, and asked for at once.
  let address = message.firstRoute;
  let count = 0;
  for (let from = -1; message.nextLine(Header.route, from); from = message.iterLineEnd) {
    let at = message.iterStart;
    do {
      if (++count > MAX_ROUTES) return Reason.tooManyRoutes;
      if (!address.reset(message.bytes, at, message.iterEnd, message.place) || !address.hasBrackets)
        return Reason.badRoute;
      at = address.next;
      address = message.scratchAddress;
    } while (at >= 0);
  }
  return Reason.ok;
}

function isMaxBreadth(message: Message): boolean {
  return (
    parseDecimal(
      message.bytes,
      message.valueStart[Header.maxBreadth]!,
      message.valueEnd[Header.maxBreadth]!,
      0x7fffffff,
    ) >= 0
  );
}
