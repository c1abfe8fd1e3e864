// Matching a URI's user and host against a route's patterns, bytes against bytes, `*` for any run.
import type { UriPattern } from "../bridge/route-entry.ts";
import type { UriView } from "../sip/uri.ts";
import { escapedAt, PLAIN_IN_USER } from "./escape.ts";

const STAR = 0x2a;
const DOT = 0x2e;
const PERCENT = 0x25;

/**
 * Whether `bytes[start..end)` matches `pattern`. `*` stands for any run of bytes, also an empty one. With `fold`, capital
 * letters of the text match small ones of the pattern (host names); without it, needless escapes of the text are what they stand for
 * (users; RFC 3261 19.1.4).
 */
export function matches(pattern: Uint8Array, bytes: Uint8Array, start: number, end: number, fold: boolean): boolean {
  let p = 0;
  let at = start;
  let star = -1;
  let resume = start;
  while (at < end) {
    let byte = bytes[at]!;
    let width = 1;
    if (fold) {
      if (byte >= 0x41 && byte <= 0x5a) byte |= 0x20;
    } else if (byte === PERCENT) {
      const escaped = escapedAt(bytes, at, end, PLAIN_IN_USER);
      if (escaped >= 0) {
        byte = escaped;
        width = 3;
      }
    }
    if (p < pattern.length && pattern[p] === STAR) {
      star = p++;
      resume = at;
    } else if (p < pattern.length && pattern[p] === byte) {
      p++;
      at += width;
    } else if (star >= 0) {
      p = star + 1;
      resume += !fold && escapedAt(bytes, resume, end, PLAIN_IN_USER) >= 0 ? 3 : 1;
      at = resume;
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
  if (pattern.host === null) return true;
  const { hostStart, hostEnd } = uri;
  // The dot that ends a name from the root.
  const end = hostEnd - hostStart > 1 && bytes[hostEnd - 1] === DOT ? hostEnd - 1 : hostEnd;
  return matches(pattern.host, bytes, hostStart, end, true);
}
