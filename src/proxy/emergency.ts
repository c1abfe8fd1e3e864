// Which calls are taken whatever happens (RFC 5031, RFC 4412, RFC 3261 20.26).
import type { EmergencyEntry } from "../bridge/snapshot.ts";
import { Header } from "../sip/header.ts";
import { ascii, equalsIgnoreCase } from "../sip/scan.ts";
import { Scheme } from "../sip/uri.ts";
import type { Context } from "./context.ts";
import { matchesUri } from "./pattern.ts";

const EMERGENCY = ascii("emergency");
const DOT = 0x2e;

/**
 * Whether the request at hand is an emergency call: by its request URI; from a sender whom we trust also by its Priority or
 * Resource-Priority, which anybody can write.
 */
export function isEmergency(c: Context, isTrusted: boolean): boolean {
  const { message } = c;
  const { emergency } = c.adopted.snapshot.overload;
  for (let i = 0; i < emergency.length; i++) if (matches(c, emergency[i]!)) return true;
  if (!isTrusted) return false;
  if (message.count[Header.resourcePriority] !== 0) return true;
  const start = message.valueStart[Header.priority]!;
  return start >= 0 && equalsIgnoreCase(message.bytes, start, message.valueEnd[Header.priority]!, EMERGENCY);
}

function matches({ message }: Context, { urn, uri }: EmergencyEntry): boolean {
  const { bytes, requestUri } = message;
  if (uri !== null) return requestUri.hostStart >= 0 && matchesUri(uri, requestUri, bytes);
  if (urn === null || requestUri.scheme !== Scheme.urn) return false;
  const end = requestUri.start + urn.length;
  if (end > requestUri.end || !equalsIgnoreCase(bytes, requestUri.start, end, urn)) return false;
  return end === requestUri.end || bytes[end] === DOT;
}
