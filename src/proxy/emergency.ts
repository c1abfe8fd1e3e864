// Which calls are taken whatever happens (RFC 5031, RFC 4412, RFC 3261 20.26).
import type { EmergencyEntry } from "../bridge/snapshot.ts";
import { Header } from "../sip/header.ts";
import { ascii, equalsIgnoreCase } from "../sip/scan.ts";
import { Scheme, type UriView } from "../sip/uri.ts";
import type { Context } from "./context.ts";
import { matchesUri } from "./pattern.ts";

const EMERGENCY = ascii("emergency");
const INVITE = ascii("INVITE ");
const DOT = 0x2e;
const LETTER_U = 0x75;

/**
 * Whether the request at hand is an emergency call: by its request URI; from a sender whom we trust also by its Priority or
 * Resource-Priority, which anybody can write.
 */
export function isEmergency(c: Context, isTrusted: boolean): boolean {
  const { message } = c;
  const { emergency } = c.adopted.snapshot.overload;
  for (let i = 0; i < emergency.length; i++) if (matches(message.bytes, message.requestUri, emergency[i]!)) return true;
  if (!isTrusted) return false;
  if (message.count[Header.resourcePriority] !== 0) return true;
  const start = message.valueStart[Header.priority]!;
  return start >= 0 && equalsIgnoreCase(message.bytes, start, message.valueEnd[Header.priority]!, EMERGENCY);
}

/** The same of an INVITE that has not been read, by its request URI alone. */
export function isEmergencyAtAGlance(c: Context, bytes: Buffer, start: number, end: number): boolean {
  const { emergency } = c.adopted.snapshot.overload;
  if (emergency.length === 0) return false;
  const uri = start + INVITE.length;
  // A URN needs no patterns, and most lists have none.
  if ((bytes[uri]! | 0x20) !== LETTER_U && !c.adopted.hasEmergencyPatterns) return false;
  let at = uri;
  while (at < end && bytes[at]! > 0x20) at++;
  if (!c.uri.reset(bytes, uri, at)) return false;
  for (let i = 0; i < emergency.length; i++) if (matches(bytes, c.uri, emergency[i]!)) return true;
  return false;
}

function matches(bytes: Uint8Array, requestUri: UriView, { urn, uri }: EmergencyEntry): boolean {
  if (uri !== null) return requestUri.hostStart >= 0 && matchesUri(uri, requestUri, bytes);
  if (urn === null || requestUri.scheme !== Scheme.urn) return false;
  const end = requestUri.start + urn.length;
  if (end > requestUri.end || !equalsIgnoreCase(bytes, requestUri.start, end, urn)) return false;
  return end === requestUri.end || bytes[end] === DOT;
}
