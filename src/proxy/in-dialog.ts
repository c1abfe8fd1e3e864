// Where a request within a dialog goes: by the token in our Record-Route, by the dialog that is remembered, or, coming
// from the pool, by its next Route or its request URI.
import { DESTINATION_WORDS, DestinationColumn } from "../bridge/snapshot.ts";
import { namesConnection, THEIRS_ONLY } from "../bridge/way-back.ts";
import { copyEndpoint, isV4, sameAddress, sameEndpoint } from "../net/endpoint.ts";
import { defaultPort, type Transport, transportOfUri } from "../net/transport.ts";
import { hostWords } from "../sip/host.ts";
import { Scheme } from "../sip/uri.ts";
import type { Context } from "./context.ts";
import { departedAt } from "./departed.ts";
import { D, DIALOG_WORDS, DialogFlag } from "./dialogs.ts";
import { fromTagHash } from "./identity.ts";
import { isOwn } from "./own-route.ts";
import { Side } from "./route-finding.ts";

/**
 * Sets `c.target`, `c.targetSlot` and `c.outgoing` from the verified token of the request at hand. Returns 0, or the status
 * to be answered. A request from the far side goes by Route or request URI only if it really comes from there or from the
 * pool: anyone else could use it to send our packets anywhere. So could a far side that is no destination, when the pool
 * has called it: what it says leads to destinations only.
 */
export function followToken(c: Context): number {
  const { token } = c;
  if (token.side === Side.caller) {
    copyEndpoint(token.far, 0, c.target, 0);
    if (token.isFlow) c.target[5] = THEIRS_ONLY;
    const { identity, farTransport } = token;
    c.targetSlot = identity === 0 ? -1 : c.adopted.slotInSet(c.target, 0, farTransport, -2, identity);
    if (c.targetSlot >= 0 || identity === 0) return chooseOutgoing(c, token.outgoing, farTransport);
    return chooseDeparted(c, token.outgoing, farTransport, identity, -1);
  }
  if (!token.isNat && mayLead(c, token.far, 0, token.identity !== 0)) return 0;
  copyEndpoint(token.caller, 0, c.target, 0);
  c.targetSlot = -1;
  return chooseOutgoing(c, token.incoming, token.callerTransport);
}

/** The same from a remembered dialog. */
export function followDialog(c: Context, dialog: number): number {
  const d = dialog * DIALOG_WORDS;
  const words = c.dialogs.words;
  if (fromTagHash(c) === words[d + D.callerTag]) {
    copyEndpoint(words, d + D.destination, c.target, 0);
    const slot = words[d + D.slot]!;
    const outgoing = words[d + D.outgoing]!;
    c.targetSlot = slot < 0 || isAtTarget(c, slot) ? slot : -1;
    if (c.targetSlot === slot) return chooseOutgoing(c, outgoing, transportOf(c, outgoing));
    return chooseDeparted(c, outgoing, transportOf(c, outgoing), 0, slot);
  }
  const isNat = (words[d + D.flags]! & DialogFlag.nat) !== 0;
  if (!isNat && mayLead(c, words, d + D.destination, words[d + D.slot]! >= 0)) return 0;
  copyEndpoint(words, d + D.caller, c.target, 0);
  c.targetSlot = -1;
  return chooseOutgoing(c, words[d + D.incoming]!, transportOf(c, words[d + D.incoming]!));
}

/** Whether the slot is still that of a destination at `c.target`: who had it may have left, and somebody else have it now. */
function isAtTarget(c: Context, slot: number): boolean {
  const rows = c.adopted.snapshot.destinations;
  const row = slot * DESTINATION_WORDS;
  return rows[row + DestinationColumn.used] !== 0 && sameEndpoint(rows, row, c.target, 0);
}

function transportOf(c: Context, listener: number): Transport {
  return c.adopted.listeners[listener]!.transport;
}

/** Whether the far side of the dialog, at `far[at]`, may say where its request goes and has said so; then `c.target` is set. */
function mayLead(c: Context, far: Int32Array, at: number, isDestination: boolean): boolean {
  if (c.pool < 0 && !sameAddress(c.peer, 0, far, at)) return false;
  return followRoute(c) === 0 && (c.pool >= 0 || isDestination || c.targetSlot >= 0);
}

/**
 * The next hop of RFC 3261 16.6 point 6: the next Route that is not ours, else the request URI. Numeric hosts only: a name
 * would have to be looked up, and this path waits for nobody. Returns 0, or the status to be answered.
 */
export function followRoute(c: Context): number {
  const { message, ownRoute, uri } = c;
  const { bytes } = message;
  let ok = true;
  if (ownRoute.nextStart >= 0) ok = uri.reset(bytes, ownRoute.nextStart, ownRoute.nextEnd);
  else if (ownRoute.uriStart >= 0) ok = uri.reset(bytes, ownRoute.uriStart, ownRoute.uriEnd);
  else ok = uri.reset(bytes, message.uriStart, message.uriEnd);
  const isSip = ok && (uri.scheme === Scheme.sip || uri.scheme === Scheme.sips);
  const transport = isSip ? transportOfUri(uri) : 0;
  if (transport === 0) return 416;
  // To ourselves: nobody is there.
  if (isOwn(c, uri)) return 404;
  if (!hostWords(bytes, uri.hostStart, uri.hostEnd, c.target, 0)) return 404;
  c.target[4] = uri.port === 0 ? defaultPort(transport) : uri.port;
  c.target[5] = 0;
  c.targetSlot = c.adopted.slotAt(c.target, 0, transport);
  return chooseOutgoing(c, c.listener, transport);
}

/** The same as `chooseOutgoing` towards a destination that has left: what it had to prove and be told, it has to still. */
function chooseDeparted(c: Context, wanted: number, transport: Transport, identity: number, slot: number): number {
  return chooseOutgoing(
    c,
    wanted,
    transport,
    c.adopted.snapshot.departed.rows,
    departedAt(c, transport, identity, slot),
  );
}

/** The listener of the destination at `rows[row]`, else `wanted`, else one of the target's address family and transport. */
function chooseOutgoing(
  c: Context,
  wanted: number,
  transport: Transport,
  rows = c.adopted.snapshot.destinations,
  row = c.targetSlot * DESTINATION_WORDS,
): number {
  const isV6 = !isV4(c.target, 0);
  c.outgoing = -1;
  if (row >= 0) {
    c.outgoing = rows[row + DestinationColumn.listener]!;
    // Who has to be there, as of now (bridge/way-back.ts).
    if (!namesConnection(c.target[5]!)) c.target[5] = rows[row + DestinationColumn.endpoint + 5]!;
  }
  if (c.outgoing < 0)
    c.outgoing = c.adopted.canSend(wanted, isV6, transport) ? wanted : c.adopted.outgoing(c.listener, isV6, transport);
  return c.outgoing < 0 ? 503 : 0;
}
