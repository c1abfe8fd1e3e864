// The request URI that a destination gets where it is not the one that came (RFC 3261 16.6 point 2): the user with another
// beginning, the host of the destination. Always made from the request as it was received.
import { Scheme, type UriView } from "../sip/uri.ts";
import { copyBytes } from "../sip/write.ts";
import type { RewritingBytes } from "./worker-set.ts";

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
 * Writes what the URI in `uri` becomes at a destination. False when nothing changes, or when it is no URI of a user or a
 * number. With `host`, a tel URI becomes a sip URI (RFC 3261 19.1.6).
 */
export function rewriteUri(uri: UriView, { strip, prefix, host }: RewritingBytes, withHost: boolean): boolean {
  rewritten.length = 0;
  const isTel = uri.scheme === Scheme.tel;
  if (!isTel && uri.scheme !== Scheme.sip && uri.scheme !== Scheme.sips) return false;
  if (!withHost && strip === 0 && prefix.length === 0) return false;
  if (uri.end - uri.start + prefix.length + host.length + USER_PHONE.length + 8 > MOST) return false;
  return isTel
    ? rewriteTel(uri, strip, prefix, withHost ? host : null)
    : rewriteSip(uri, strip, prefix, withHost ? host : null);
}

function rewriteSip(uri: UriView, strip: number, prefix: Uint8Array, host: Uint8Array | null): boolean {
  const { bytes } = uri;
  const out = rewritten.bytes;
  const scheme = schemeEnd(uri);
  let at = copyBytes(bytes, uri.start, scheme, out, 0);
  if (uri.userStart >= 0) {
    const user = at;
    at = putUser(bytes, uri.userStart, uri.userEnd, strip, prefix, at);
    if (at > user) out[at++] = AT;
  } else if (host === null) return false;
  if (host === null) at = copyBytes(bytes, uri.hostStart, uri.end, out, at);
  else at = copyBytes(host, 0, host.length, out, at);
  rewritten.length = at;
  return true;
}

function rewriteTel(uri: UriView, strip: number, prefix: Uint8Array, host: Uint8Array | null): boolean {
  const { bytes } = uri;
  const out = rewritten.bytes;
  const number = schemeEnd(uri);
  let end = number;
  while (end < uri.end && bytes[end] !== SEMICOLON) end++;
  let at = host === null ? copyBytes(bytes, uri.start, number, out, 0) : copyBytes(SIP, 0, SIP.length, out, 0);
  const user = at;
  at = putUser(bytes, number, end, strip, prefix, at);
  if (at === user) return false;
  at = copyBytes(bytes, end, uri.end, out, at);
  if (host !== null) {
    out[at++] = AT;
    at = copyBytes(host, 0, host.length, out, at);
    at = copyBytes(USER_PHONE, 0, USER_PHONE.length, out, at);
  }
  rewritten.length = at;
  return true;
}

function putUser(bytes: Uint8Array, start: number, end: number, strip: number, prefix: Uint8Array, to: number): number {
  const at = copyBytes(prefix, 0, prefix.length, rewritten.bytes, to);
  return copyBytes(bytes, Math.min(start + strip, end), end, rewritten.bytes, at);
}

/** Behind the colon. */
function schemeEnd({ bytes, start }: UriView): number {
  let at = start;
  while (bytes[at] !== COLON) at++;
  return at + 1;
}
