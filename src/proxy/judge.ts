// Whether a request may go on at all: in form (sip/validate.ts), and in size, which is a matter of configuration.
import { isSecure } from "../net/transport.ts";
import { Header } from "../sip/header.ts";
import type { Message } from "../sip/message.ts";
import { Reason } from "../sip/reason.ts";
import { validateRequest } from "../sip/validate.ts";
import { Via } from "../sip/via.ts";
import { type Context, Count } from "./context.ts";
import { OWN_BYTES } from "./write-request.ts";

/** Lines that are ours in what is answered: Via and two Record-Routes. */
const OWN_LINES = 3;
/** `SIP/2.0/UDP h` and the comma behind it. */
const SHORTEST_VIA = 14;
const via = new Via();

/** What is wrong with the request at hand, or `Reason.ok`. */
export function judgeRequest(c: Context): Reason {
  const { message } = c;
  const reason = validateRequest(message, isSecure(c.adopted.listeners[c.listener]!.transport));
  if (reason !== Reason.ok) return reason;
  const { headerBytes, requestBytes, headerLines, vias, uriBytes } = c.adopted.snapshot.limits;
  if (message.bodyStart - message.start > headerBytes) return Reason.headersTooLong;
  if (message.end - message.start > requestBytes) return Reason.tooLarge;
  if (message.uriEnd - message.uriStart > uriBytes) return Reason.uriTooLong;
  if (message.lineCount > headerLines) return Reason.tooManyLines;
  return hasMoreVias(message, vias) ? Reason.tooManyVias : Reason.ok;
}

/**
 * Whether the answer at hand, of whoever is no destination, is larger than a request may be that goes on to one; then it is counted. What
 * we have put on top of its request, and it repeats, is left out of that. A destination's own are not asked about: whoever
 * writes a request that is just short enough could make them too long, and the destination look silent.
 */
export function isAnswerTooLarge(c: Context): boolean {
  const { message } = c;
  const { headerBytes, headerLines, vias } = c.adopted.snapshot.limits;
  if (
    message.bodyStart - message.start <= headerBytes + OWN_BYTES &&
    message.lineCount <= headerLines + OWN_LINES &&
    !hasMoreVias(message, vias + 1)
  )
    return false;
  c.count(Count.dropped_too_large);
  return true;
}

/** Whether a message has more than `most` Via values. They are only counted where there are bytes enough for so many. */
function hasMoreVias(message: Message, most: number): boolean {
  const lines = message.count[Header.via]!;
  if (lines > most) return true;
  if (lines === 1 && message.valueEnd[Header.via]! - message.valueStart[Header.via]! < most * SHORTEST_VIA)
    return false;
  let bytes = 0;
  for (let from = -1; message.nextLine(Header.via, from); from = message.iterLineEnd)
    bytes += message.iterEnd - message.iterStart + 1;
  if (bytes <= most * SHORTEST_VIA) return false;
  let count = 0;
  for (let from = -1; message.nextLine(Header.via, from); from = message.iterLineEnd) {
    let at = message.iterStart;
    do {
      if (++count > most) return true;
      // What cannot be read ends the line: it is one value for everybody.
      at = via.reset(message.bytes, at, message.iterEnd) ? via.next : -1;
    } while (at >= 0);
  }
  return false;
}

/** The counter for a message that is dropped for this reason. */
export function dropCount(reason: Reason): number {
  if (reason <= Reason.nulKeepalive) return Count.dropped_keepalive;
  return reason <= Reason.notSip ? Count.dropped_not_sip : Count.dropped_malformed;
}
