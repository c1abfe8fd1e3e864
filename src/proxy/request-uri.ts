// The request URI that a destination gets where it is not the one that came (RFC 3261 16.6 point 2): the user with another
// beginning, the host of the destination. Always made from the request as it was received.
import { Scheme, type UriView } from "../sip/uri.ts";
import { copyBytes } from "../sip/write.ts";
import { translate, translated } from "./translations.ts";
import type { WorkerTreatment } from "./treatments.ts";
import type { RewritingBytes } from "./worker-set.ts";

const PERCENT = 0x25;
const COLON = 0x3a;
const SEMICOLON = 0x3b;
const AT = 0x40;
const SIP = Buffer.from("sip:");
const USER_PHONE = Buffer.from(";user=phone");
/** Longest URI that is written. */
const MOST = 65_000;

/** What `rewriteUri` wrote: the first `length` bytes. */
export const rewritten = { bytes: Buffer.alloc(MOST), length: 0 };

/**
 * Writes what the URI in `uri` becomes at a destination: by the route's translations, by what the destination strips and puts in
 * front, and with its host where the route says so. False when nothing changes, or when it is no URI of a user or a number. With
 * its host, a tel URI becomes a sip URI (RFC 3261 19.1.6).
 */
export function rewriteUri(uri: UriView, rewriting: RewritingBytes, treatment: WorkerTreatment | null): boolean {
  const { strip, prefix, host } = rewriting;
  rewritten.length = 0;
  const isTel = uri.scheme === Scheme.tel;
  if (!isTel && uri.scheme !== Scheme.sip && uri.scheme !== Scheme.sips) return false;
  const withHost = treatment?.rewritesHost === true && host.length > 0;
  if (uri.end - uri.start + prefix.length + host.length + 2_048 > MOST) return false;
  const { bytes } = uri;
  const out = rewritten.bytes;
  const start = isTel ? schemeEnd(uri) : uri.userStart;
  const userEnd = isTel ? uri.end : uri.userEnd;
  const end = start < 0 ? start : nameEnd(bytes, start, userEnd);
  const isTranslated = start >= 0 && treatment !== null && translate(treatment.translations, bytes, start, end);
  if (!withHost && !isTranslated && (start < 0 || (strip === 0 && prefix.length === 0))) return false;
  let at = copyBytes(bytes, uri.start, schemeEnd(uri), out, 0);
  if (isTel && withHost) at = copyBytes(SIP, 0, SIP.length, out, 0);
  const user = at;
  if (start >= 0) {
    at = copyBytes(prefix, 0, prefix.length, out, at);
    if (isTranslated) {
      const { bytes: other, length } = translated;
      at = copyBytes(other, behindFirst(strip, other, 0, length), length, out, at);
    } else at = copyBytes(bytes, behindFirst(strip, bytes, start, end), end, out, at);
    // A number of which nothing is left is none: it stays as it was dialled.
    if (isTel && at === user) return false;
    if (at > user) at = copyBytes(bytes, end, userEnd, out, at);
    if (at > user && (!isTel || withHost)) out[at++] = AT;
  }
  if (withHost) at = copyBytes(host, 0, host.length, out, at);
  else if (!isTel) at = copyBytes(bytes, uri.hostStart, uri.end, out, at);
  if (isTel && withHost) at = copyBytes(USER_PHONE, 0, USER_PHONE.length, out, at);
  rewritten.length = at;
  return true;
}

/** Offset behind the first `count` characters of `start..end`; an escaped one (`%2B`) is three bytes. */
function behindFirst(count: number, bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  for (let n = count; n > 0 && at < end; n--) at += bytes[at] === PERCENT ? 3 : 1;
  return Math.min(at, end);
}

/** Where the user or number ends: before its parameters or its password. */
function nameEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== SEMICOLON && bytes[at] !== COLON) at++;
  return at;
}

/** Behind the colon. */
function schemeEnd({ bytes, start }: UriView): number {
  let at = start;
  while (bytes[at] !== COLON) at++;
  return at + 1;
}
