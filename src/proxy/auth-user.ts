// The user name of a request's credentials (RFC 3261 22.2, RFC 7616 3.4): what Kamailio's algorithm 5 hashes.
import { Header } from "../sip/header.ts";
import type { Message } from "../sip/message.ts";
import { equalsIgnoreCase, skipQuoted } from "../sip/scan.ts";

const QUOTE = 0x22;
const EQUALS = 0x3d;
const COMMA = 0x2c;
const AT = 0x40;
const USERNAME = Buffer.from("username");

/** Where the user name is in the message's bytes; start -1: there is none. */
export const authUser = { start: -1, end: -1 };

/**
 * Finds it: that of Proxy-Authorization, or of Authorization where there is no such line, up to its first `@`. Fills `authUser`;
 * false when there is none.
 */
export function findAuthUser(message: Message): boolean {
  const isProxy = message.count[Header.proxyAuthorization] !== 0;
  return findIn(message, isProxy ? Header.proxyAuthorization : Header.authorization);
}

function findIn(message: Message, header: Header): boolean {
  authUser.start = -1;
  const start = message.valueStart[header]!;
  if (start < 0) return false;
  const { bytes } = message;
  const end = message.valueEnd[header]!;
  let at = start;
  while (at < end && bytes[at]! > 0x20) at++;
  while (at < end) {
    while (at < end && (bytes[at]! <= 0x20 || bytes[at] === COMMA)) at++;
    const name = at;
    while (at < end && bytes[at] !== EQUALS && bytes[at] !== COMMA && bytes[at]! > 0x20) at++;
    const nameEnd = at;
    while (at < end && bytes[at]! <= 0x20) at++;
    if (at >= end || bytes[at] !== EQUALS) continue;
    at++;
    while (at < end && bytes[at]! <= 0x20) at++;
    const value = at;
    if (at < end && bytes[at] === QUOTE) at = skipQuoted(bytes, at, end);
    else while (at < end && bytes[at] !== COMMA && bytes[at]! > 0x20) at++;
    if (at < 0) return false;
    if (equalsIgnoreCase(bytes, name, nameEnd, USERNAME)) return take(bytes, value, at);
  }
  return false;
}

function take(bytes: Uint8Array, start: number, end: number): boolean {
  const isQuoted = bytes[start] === QUOTE;
  const from = isQuoted ? start + 1 : start;
  const last = isQuoted ? end - 1 : end;
  let to = from;
  while (to < last && bytes[to] !== AT) to++;
  if (to === from) return false;
  authUser.start = from;
  authUser.end = to;
  return true;
}
