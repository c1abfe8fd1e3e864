// What a sender may say. Headers that vouch for somebody, such as P-Asserted-Identity (RFC 3325 5), are believed by those
// behind us because they come from us; and Route values are followed by them. From strangers neither goes on, whether they ask
// or answer.

import { inRanges } from "../bridge/address-ranges.ts";
import { DESTINATION_WORDS, DestinationColumn } from "../bridge/snapshot.ts";
import { portToConnect } from "../bridge/way-back.ts";
import { copyEndpoint, ENDPOINT_WORDS, sameAddress } from "../net/endpoint.ts";
import type { Edits } from "../sip/edits.ts";
import { Header, isNamed } from "../sip/header.ts";
import type { Message } from "../sip/message.ts";
import { B, BRANCH_WORDS } from "./branches.ts";
import { type Context, Count } from "./context.ts";

const asked = new Int32Array(ENDPOINT_WORDS);

/** Whether the request at hand comes from a destination, or from a source that the configuration trusts. */
export function isTrusted(c: Context): boolean {
  return inRanges(c.adopted.snapshot.trusted, c.peer, 0) || isPool(c);
}

/** The same of a datagram that has not been read: whether its source `peer[at]` is one of those. */
export function isTrustedAddress(c: Context, listener: number, peer: Int32Array, at: number): boolean {
  if (inRanges(c.adopted.snapshot.trusted, peer, at)) return true;
  return c.adopted.slotAt(peer, at, c.adopted.listeners[listener]!.transport) >= 0;
}

/** Whether the listener of the request at hand takes it at all. */
export function isAllowed(c: Context): boolean {
  const { allow } = c.adopted.listeners[c.listener]!.entry;
  return allow.length === 0 || inRanges(allow, c.peer, 0) || isPool(c);
}

function isPool(c: Context): boolean {
  return c.adopted.poolSlot(c.listener, c.peer, c.message.topVia, -2) >= 0;
}

/** Whether the message at hand has a protected header. Asked before anything else: most have none. */
export function hasProtected(c: Context): boolean {
  const { protectedHeaders } = c.adopted;
  const { count } = c.message;
  for (let i = 0; i < protectedHeaders.length; i++) if (count[protectedHeaders[i]!] !== 0) return true;
  return false;
}

/**
 * Whether the header of this name (in lower case) is one that the sender of the request at hand may not have sent: for routes, keys
 * and templates it is not there, or it would steer, or get through under another name. `known`: its number, or `Header.other`.
 */
export function isWithheld(c: Context, name: Uint8Array, known: Header): boolean {
  return hasProtected(c) && isProtected(c, name, known) && !isTrusted(c);
}

function isProtected(c: Context, name: Uint8Array, known: Header): boolean {
  const { protectedHeaders, watched } = c.adopted;
  if (known === Header.other) {
    for (let i = 0; i < watched.length; i++) if (isNamed(name, 0, name.length, watched[i]!)) return true;
    return false;
  }
  for (let i = 0; i < protectedHeaders.length; i++) if (protectedHeaders[i] === known) return true;
  return false;
}

/** Whether a destination is at the address that the message at hand came from, whatever its port. Looks at all of them, so it is for what is rare. */
function isDestinationAddress(c: Context): boolean {
  const { destinations, destinationRows } = c.adopted.snapshot;
  for (let row = 0; row < destinationRows * DESTINATION_WORDS; row += DESTINATION_WORDS)
    if (destinations[row + DestinationColumn.used] !== 0 && sameAddress(destinations, row, c.peer, 0)) return true;
  return false;
}

/** Leaves all protected headers out of the message at hand (in `c.edits`). */
export function removeProtected(c: Context): void {
  const { protectedHeaders } = c.adopted;
  for (let i = 0; i < protectedHeaders.length; i++) {
    const lines = removeLines(c.edits, c.message, protectedHeaders[i] as Header);
    c.counters.column[Count.protected_headers_removed]! += lines;
  }
}

/**
 * Whether a request that goes to `endpoint[at]` from `listener` asks a destination: that in `slot`, or where that is -1, one that called
 * and is asked within its call. Over a stream it is known by the port of its Via then, too, and not by that of its connection.
 */
export function isDestinationAsked(
  c: Context,
  slot: number,
  endpoint: Int32Array,
  at: number,
  listener: number,
): boolean {
  if (slot >= 0) return true;
  copyEndpoint(endpoint, at, asked, 0);
  asked[4] = portToConnect(endpoint[at + 5]!, endpoint[at + 4]!);
  return c.adopted.slotAt(asked, 0, c.adopted.listeners[listener]!.transport) >= 0;
}

/**
 * Whether the response at hand, which came for `branch`, is that of a destination or of a source that the configuration trusts. A
 * destination may answer from another port than it is asked at. From another address it may be a phone behind it, which reads our Via, too.
 */
export function isAnswererTrusted(c: Context, branch: number): boolean {
  if (isTrustedAddress(c, c.listener, c.peer, 0)) return true;
  const { words } = c.branches;
  const b = branch * BRANCH_WORDS;
  if (!sameAddress(c.peer, 0, words, b + B.endpoint)) return false;
  return isDestinationAsked(c, words[b + B.slot]!, words, b + B.endpoint, words[b + B.listener]!);
}

/** The same without a transaction; `wasPool`: the request went to a destination, but nobody knows any more to which one. */
export function isStatelessAnswererTrusted(c: Context, wasPool: boolean): boolean {
  return isTrustedAddress(c, c.listener, c.peer, 0) || (wasPool && isDestinationAddress(c));
}

/**
 * A new request of a stranger goes to a destination of ours, whatever hops its Route names: the destination must not be made
 * to send it on. Within a dialog that is known, Route values behind ours are those of the dialog, and stay.
 */
export function dropForeignRoutes(c: Context): void {
  if (c.ownRoute.nextStart >= 0 && !isTrusted(c)) c.ownRoute.dropsAll = true;
}

/** Leaves all lines of a header out of a message; returns how many there were. */
export function removeLines(edits: Edits, message: Message, header: Header): number {
  for (let lineEnd = -1; message.nextLine(header, lineEnd); lineEnd = message.iterLineEnd)
    edits.remove(message.iterLineStart, message.iterLineEnd);
  return message.count[header]!;
}
