// Matching a URI's user and host against a route's patterns, bytes against bytes, `*` for any run.
import type { UriPattern } from "../bridge/snapshot.ts";
import type { UriView } from "../sip/uri.ts";

const STAR = 0x2a;

/**
 * Whether `bytes[start..end)` matches `pattern`. `*` stands for any run of bytes, also an empty one. With `fold`, capital
 * letters of the text match small ones of the pattern (host names; RFC 3261 19.1.4).
 */
export function matches(pattern: Uint8Array, bytes: Uint8Array, start: number, end: number, fold: boolean): boolean {
  let p = 0;
  let at = start;
  let star = -1;
  let resume = start;
  while (at < end) {
    let byte = bytes[at]!;
    if (fold && byte >= 0x41 && byte <= 0x5a) byte |= 0x20;
    if (p < pattern.length && pattern[p] === STAR) {
      star = p++;
      resume = at;
    } else if (p < pattern.length && pattern[p] === byte) {
      p++;
      at++;
    } else if (star >= 0) {
      p = star + 1;
      at = ++resume;
    } else return false;
  }
  while (p < pattern.length && pattern[p] === STAR) p++;
  return p === pattern.length;
}

/** Whether a parsed URI matches; a URI without user part matches only patterns that do not ask for one. */
export function matchesUri(pattern: UriPattern, uri: UriView, bytes: Uint8Array): boolean {
  if (pattern.user !== null) {
    if (uri.userStart < 0 || !matches(pattern.user, bytes, uri.userStart, uri.userEnd, false)) return false;
  }
  return pattern.host === null || matches(pattern.host, bytes, uri.hostStart, uri.hostEnd, true);
}
