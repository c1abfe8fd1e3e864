// How long a registration lasts, by what the registrar answered (RFC 3261 10.2.4, 10.3 point 8).
import { Header } from "../sip/header.ts";
import type { Message } from "../sip/message.ts";
import { NameAddr } from "../sip/name-addr.ts";
import { Param } from "../sip/param.ts";
import { ascii, parseDecimal, sameBytes, skipSpace } from "../sip/scan.ts";
import { FLOW_PARAM } from "./flow-token.ts";

const EXPIRES = ascii("expires");
/** Where neither says how long (RFC 3261 10.2: the registrar's choice; 20.19: an hour is usual). */
const DEFAULT_LIFETIME = 3_600;
/** Nobody is believed to stay for longer than a week without a word. */
const LONGEST_LIFETIME = 604_800;
const asked = new NameAddr();
const granted = new NameAddr();
const param = new Param();

/**
 * Seconds for which the registrar keeps the first Contact of `request`, answered with the 2xx `response`: 0 when it does
 * not, or no longer; -1 when the request only asked.
 */
export function lifetimeOf(request: Message, response: Message): number {
  const start = request.valueStart[Header.contact]!;
  if (start < 0) return -1;
  const end = request.valueEnd[Header.contact]!;
  if (request.bytes[start] === 0x2a) return 0;
  if (!asked.reset(request.bytes, start, end)) return -1;
  const { bytes } = response;
  for (let from = -1; response.nextLine(Header.contact, from); from = response.iterLineEnd) {
    const { iterEnd } = response;
    for (let at = response.iterStart; at >= 0 && granted.reset(bytes, at, iterEnd); at = granted.next) {
      if (!isAsked(bytes, request.bytes)) continue;
      const own = expiresOf(bytes, granted.hasBrackets ? granted.uriEnd + 1 : granted.uriEnd, iterEnd);
      const seconds = own >= 0 ? own : headerOf(response, headerOf(request, DEFAULT_LIFETIME));
      return Math.min(seconds, LONGEST_LIFETIME);
    }
  }
  return 0;
}

/** Whether the URI in `granted` is that in `asked`, as the phone wrote it or as we repaired it (contact.ts). */
function isAsked(bytes: Uint8Array, phones: Uint8Array): boolean {
  const { uriStart, uriEnd } = granted;
  const end = uriStart + asked.uriEnd - asked.uriStart;
  if (end > uriEnd || !sameBytes(bytes, uriStart, end, phones, asked.uriStart, asked.uriEnd)) return false;
  return end === uriEnd || sameBytes(bytes, end, end + FLOW_PARAM.length, FLOW_PARAM, 0, FLOW_PARAM.length);
}

/** The expires parameter of a Contact whose parameters begin at `start`, or -1. */
function expiresOf(bytes: Uint8Array, start: number, end: number): number {
  for (let at = skipSpace(bytes, start, end); at >= 0 && at < end && bytes[at] === 0x3b; ) {
    at = param.next(bytes, at, end);
    if (at >= 0 && param.is(bytes, EXPIRES)) return parseDecimal(bytes, param.valueStart, param.valueEnd, 0x7fffffff);
  }
  return -1;
}

/** The Expires header, or `otherwise`. */
function headerOf(message: Message, otherwise: number): number {
  const start = message.valueStart[Header.expires]!;
  if (start < 0) return otherwise;
  const seconds = parseDecimal(message.bytes, start, message.valueEnd[Header.expires]!, 0x7fffffff);
  return seconds < 0 ? otherwise : seconds;
}
