// The number that a hash algorithm decides by, from a message: the same keys as Kamailio's dispatcher takes.
import { coreHash, coreHashTrimmed } from "../dispatch/core-hash.ts";
import { KeySource } from "../dispatch/types.ts";
import type { Message } from "../sip/message.ts";
import { Method } from "../sip/method.ts";
import { authUser, findAuthUser } from "./auth-user.ts";

const COLON = 0x3a;
const SEMICOLON = 0x3b;
const QUESTION = 0x3f;
const AT = 0x40;
const BRACKET = 0x5b;
const BRACKET_END = 0x5d;
const USER_PHONE = Buffer.from(";user=phone");
const TRANSPORT = Buffer.from("transport=");
const TLS = Buffer.from("tls");
const WSS = Buffer.from("wss");
const WS = Buffer.from("ws");
const PHONE_AT = USER_PHONE.indexOf("=");

/**
 * The core hash of the identity that `source` names: a signed 32-bit number, 0 for `KeySource.none` and for credentials that are not there. A From or To that
 * cannot be read gives the hash of nothing, 1. `byTransport`: see `hashUri`.
 */
export function computeKey(message: Message, source: KeySource, byTransport = false): number {
  switch (source) {
    case KeySource.callId:
      return coreHashTrimmed(message.bytes, message.callIdStart, message.callIdEnd);
    case KeySource.from:
      return message.parseFrom() ? hashUri(message.bytes, message.from.uriStart, message.from.uriEnd, byTransport) : 1;
    case KeySource.to:
      return message.parseTo() ? hashUri(message.bytes, message.to.uriStart, message.to.uriEnd, byTransport) : 1;
    case KeySource.requestUri:
      return hashUri(message.bytes, message.uriStart, message.uriEnd, byTransport);
    case KeySource.isInvite:
      return message.method === Method.INVITE ? 1 : 0;
    case KeySource.authUser:
      return findAuthUser(message) ? coreHash(message.bytes, authUser.start, authUser.end, 0, 0) : 0;
    default:
      return 0;
  }
}

/** Where user and host of a URI are, as `splitUri` found them; both may be empty. */
export const uriParts = { userStart: 0, userEnd: 0, hostStart: 0, hostEnd: 0, portEnd: 0 };

/**
 * The core hash of the URI in `start..end`: its user (without password) and its host, with `:port` when that is not the
 * scheme's own; `byTransport`: not that of the transport in its parameters, as OpenSIPS has it. Never fails: see `splitUri`.
 */
export function hashUri(bytes: Uint8Array, start: number, end: number, byTransport = false): number {
  splitUri(bytes, start, end, byTransport);
  return coreHash(bytes, uriParts.userStart, uriParts.userEnd, uriParts.hostStart, uriParts.portEnd);
}

/**
 * Finds user and host of the URI in `start..end`, fills `uriParts`; `portEnd` is behind a port that is not the scheme's own, else
 * `hostEnd`. A tel URI is all user. It reads more than `UriView` accepts, so that callers with a `#` in their names, say, stay
 * where Kamailio has them. Never fails: of text that is no URI it takes something for user and host.
 */
export function splitUri(bytes: Uint8Array, start: number, end: number, byTransport = false): void {
  let colon = start;
  while (colon < end && bytes[colon] !== COLON) colon++;
  const scheme = colon + 1;
  // Enough to tell "sip", "sips", "tel" and "urn", in any case.
  const initial = bytes[start]! | 0x20;
  const isTel = colon - start === 3 && initial === 0x74;
  const isUrn = colon - start === 3 && initial === 0x75;
  const opaqueEnd = findEnd(bytes, scheme, end);
  if (isTel || isUrn) {
    // urn:service:sos is "service" at "sos".
    const host = isTel ? opaqueEnd : Math.min(opaqueEnd + 1, end);
    found(scheme, opaqueEnd, host, isTel ? host : end, isTel ? host : end);
    return;
  }
  let at = scheme;
  while (at < end && bytes[at] !== AT) at++;
  const host = at < end ? at + 1 : scheme;
  let hostEnd = host;
  if (host < end && bytes[host] === BRACKET) while (hostEnd < end && bytes[hostEnd] !== BRACKET_END) hostEnd++;
  hostEnd = findEnd(bytes, hostEnd, end);
  const isPhone = hasUserPhone(bytes, hostEnd, end);
  let userEnd = scheme;
  while (userEnd + 1 < host && bytes[userEnd] !== COLON && !(isPhone && bytes[userEnd] === SEMICOLON)) userEnd++;
  let portEnd = hostEnd;
  if (hostEnd < end && bytes[hostEnd] === COLON) {
    let port = 0;
    for (portEnd++; portEnd < end && isDigit(bytes[portEnd]!); portEnd++)
      port = (port * 10 + bytes[portEnd]! - 0x30) & 0xffffff;
    // The digits as they are written: Kamailio takes `:05070` and `:5070` for different keys.
    const usual = colon - start === 4 && (byTransport || !isPhone) ? 5061 : 5060;
    if (port === (byTransport ? usualPort(bytes, portEnd, end, usual) : usual)) portEnd = hostEnd;
  }
  found(scheme, userEnd, host, hostEnd, portEnd);
}

function found(userStart: number, userEnd: number, hostStart: number, hostEnd: number, portEnd: number): void {
  uriParts.userStart = userStart;
  uriParts.userEnd = userEnd;
  uriParts.hostStart = hostStart;
  uriParts.hostEnd = hostEnd;
  uriParts.portEnd = portEnd;
}

/**
 * Whether `;user=phone` is among the parameters: Kamailio then reads the user as a telephone number, without what follows its
 * semicolon, and takes 5060 for the usual port even of sips.
 */
export function hasUserPhone(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at + USER_PHONE.length <= end && bytes[at] !== QUESTION; at++) {
    if (bytes[at] !== SEMICOLON) continue;
    let i = 1;
    // The name in any case, the value as it is (Kamailio again).
    while (i < USER_PHONE.length && (i < PHONE_AT ? bytes[at + i]! | 0x20 : bytes[at + i]) === USER_PHONE[i]) i++;
    if (i < USER_PHONE.length) continue;
    const next = at + i < end ? bytes[at + i]! : SEMICOLON;
    if (next === SEMICOLON || next === QUESTION) return true;
  }
  return false;
}

/** The port of the `transport` among the parameters; `usual` where none is named, and that of TLS for TCP under sips. */
function usualPort(bytes: Uint8Array, start: number, end: number, usual: number): number {
  for (let at = start; at < end && bytes[at] !== QUESTION; at++) {
    if (bytes[at] !== SEMICOLON || !isWord(bytes, at + 1, end, TRANSPORT)) continue;
    const value = at + 1 + TRANSPORT.length;
    if (isWord(bytes, value, end, TLS)) return 5061;
    if (isWord(bytes, value, end, WSS)) return 443;
    if (isWord(bytes, value, end, WS)) return usual === 5061 ? 443 : 80;
    return usual;
  }
  return usual;
}

/** Whether small letters and signs stand at a place, in any case. */
function isWord(bytes: Uint8Array, at: number, end: number, word: Uint8Array): boolean {
  if (at + word.length > end) return false;
  for (let i = 0; i < word.length; i++) if ((bytes[at + i]! | 0x20) !== (word[i]! | 0x20)) return false;
  return true;
}

/** Where a host or a number ends: at a colon, its parameters, or its headers. */
function findEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== COLON && bytes[at] !== SEMICOLON && bytes[at] !== QUESTION) at++;
  return at;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
