// What is not even read: requests to a listener that does not hear their source, and floods. Asked of each datagram where it
// arrives, before it is parsed, hashed or handed to another worker; hardly anything is asked where nobody is kept out.

import { inRanges } from "../bridge/address-ranges.ts";
import type { Inbox } from "../net/batch.ts";
import { ENDPOINT_WORDS } from "../net/endpoint.ts";
import { type Context, Count } from "./context.ts";
import { isFlood } from "./rate-limit.ts";

/** `sip/` in lower case. */
const SIP = [0x73, 0x69, 0x70, 0x2f] as const;
const LOWER_CASE = 0x20;

/**
 * Whether datagram `i` of the inbox came from port 0, where nobody can be answered (RFC 768); then it is counted. Everywhere behind this
 * door port 0 says that something is for nobody in particular.
 */
export function isPortless(c: Context, { peer }: Inbox, i: number): boolean {
  if (peer[i * ENDPOINT_WORDS + 4] !== 0) return false;
  c.count(Count.dropped_no_port);
  return true;
}

/** Whether datagram `i` of the inbox is to be dropped unread; then it is counted. */
export function isShutOut(c: Context, inbox: Inbox, i: number): boolean {
  const listener = inbox.listener[i]!;
  if (isUnheard(c, listener, inbox, i)) {
    c.count(Count.dropped_not_allowed);
    return true;
  }
  return c.adopted.snapshot.rates !== null && isFlood(c, listener, inbox.peer, i * ENDPOINT_WORDS);
}

/** What is surely not to be heard. What looks like a response or a keep-alive is read: answers come from anywhere. */
function isUnheard(c: Context, listener: number, { bytes, start, end, peer }: Inbox, i: number): boolean {
  const { entry, isStream, transport } = c.adopted.listeners[listener]!;
  // Over a stream a destination is known by its Via.
  if (entry.allow.length === 0 || isStream || inRanges(entry.allow, peer, i * ENDPOINT_WORDS)) return false;
  return mayBeRequest(bytes, start[i]!, end[i]!) && c.adopted.slotAt(peer, i * ENDPOINT_WORDS, transport) < 0;
}

function mayBeRequest(bytes: Buffer, start: number, end: number): boolean {
  if (end - start < SIP.length || bytes[start]! <= 0x20) return false;
  for (let i = 0; i < SIP.length; i++) if ((bytes[start + i]! | LOWER_CASE) !== SIP[i]) return true;
  return false;
}
