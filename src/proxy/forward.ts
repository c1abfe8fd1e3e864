// Sending a request on its way: into a set, within its dialog, or from the pool to wherever it asks to go.

import type { DispatchAction } from "../bridge/route-entry.ts";
import { DestinationColumn } from "../bridge/snapshot.ts";
import { THEIRS_ONLY } from "../bridge/way-back.ts";
import { copyEndpoint, ENDPOINT_WORDS, isV4, sameEndpoint } from "../net/endpoint.ts";
import { Header } from "../sip/header.ts";
import { hostWords } from "../sip/host.ts";
import { Method } from "../sip/method.ts";
import { NameAddr } from "../sip/name-addr.ts";
import { parseDecimal, sameBytes } from "../sip/scan.ts";
import { busy } from "./busy.ts";
import { holdCall, noteAck, touchDialog } from "./call.ts";
import { findContactFlow } from "./contact.ts";
import { type Context, Count } from "./context.ts";
import { followFlow } from "./flow.ts";
import { fromTagHash, tagHash } from "./identity.ts";
import { followRoute } from "./in-dialog.ts";
import { wantsPath } from "./path.ts";
import { selectFromSets } from "./routing.ts";
import { insecure, isProtected, isSips, refuseSips } from "./secured.ts";
import { openTransaction, removeTransaction } from "./server.ts";
import { startBranch } from "./start-branch.ts";
import { forwardAck, forwardStateless } from "./stateless.ts";
import { holdBack, MAY_LEAVE } from "./stream-room.ts";
import { T, TRANSACTION_WORDS, TransactionFlag } from "./transactions.ts";
import { makeUri, policyAt } from "./treatment-of.ts";
import { PASSED_OVER, SHORT, tryNext } from "./tries.ts";
import { dropForeignRoutes } from "./trust.ts";
import { RecordRoute } from "./write-record-route.ts";

const AT = 0x40;
const COLON = 0x3a;
const SEMICOLON = 0x3b;
const BRACKET = 0x3e;
const contact = new NameAddr();
const address = new Int32Array(ENDPOINT_WORDS);

/** Forwards a request within its dialog to `c.target`. Returns 0 or the status to be answered. */
export function forwardDirect(c: Context): number {
  const { message } = c;
  const status = insecure(c);
  if (status !== 0) return status;
  if (message.method === Method.ACK) {
    noteAck(c);
    forwardAck(c);
    return 0;
  }
  if (!c.adopted.snapshot.stateful) return forwardStateless(c, RecordRoute.none);
  // Its INVITE is unknown; a transaction of its own would stand where the INVITE's has to be.
  if (message.method === Method.CANCEL) return 481;
  const row = openTransaction(c, true);
  if (row === 0) return tableFull(c);
  const words = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  const isFlow = c.target[5] === THEIRS_ONLY;
  words[at + T.flags] = TransactionFlag.inDialog | (isFlow ? TransactionFlag.flow : 0);
  words[at + T.fromTag] = fromTagHash(c);
  if (message.to.tagStart >= 0) {
    const dialog = c.dialogs.find(
      c.call1,
      c.call2,
      words[at + T.fromTag]!,
      tagHash(c, message.view, message.to.tagStart, message.to.tagEnd),
    );
    words[at + T.dialog] = dialog;
    if (dialog !== 0) touchDialog(c, dialog);
  }
  return start(c, row);
}

/** Forwards traffic of the pool by its Route and request URI, or the flow that this names. Returns 0 or the status to be answered. */
export function forwardFromPool(c: Context, stateful: boolean): number {
  if (findContactFlow(c)) return forwardOverFlow(c, stateful);
  const status = followRoute(c);
  return status !== 0 ? status : forwardOut(c, stateful, TransactionFlag.fromPool);
}

/** Forwards a request over the flow that was found in it. Returns 0 or the status to be answered. */
export function forwardOverFlow(c: Context, stateful: boolean): number {
  const status = followFlow(c);
  return status !== 0 ? status : forwardOut(c, stateful, TransactionFlag.flow);
}

/** Forwards to `c.target`, whoever is there. */
function forwardOut(c: Context, stateful: boolean, flag: number): number {
  const status = insecure(c);
  if (status !== 0) return status;
  const { method } = c.message;
  if (method === Method.ACK) {
    forwardAck(c);
    return 0;
  }
  if (method === Method.CANCEL && stateful) return 481;
  const opens = opensDialog(c);
  const held = opens ? holdBack(c, c.outgoing) : MAY_LEAVE;
  if (held !== MAY_LEAVE) return held;
  if (!stateful) return forwardStateless(c, opens ? RecordRoute.plain : RecordRoute.none);
  if (c.adopted.snapshot.closing && opens) return closing(c);
  const row = openTransaction(c, c.message.to.tagStart >= 0);
  if (row === 0) return tableFull(c);
  const at = row * TRANSACTION_WORDS;
  c.transactions.words[at + T.flags] = flag | (opens ? TransactionFlag.createsDialog : 0);
  c.transactions.words[at + T.fromTag] = fromTagHash(c);
  const sent = start(c, row);
  if (sent === 0 && opens && method === Method.INVITE) holdCall(c, c.transactions.words[at + T.branch]!);
  return sent;
}

function start(c: Context, row: number): number {
  const status = startBranch(c, row, c.targetSlot, c.target, 0, c.outgoing);
  if (status !== 0) removeTransaction(c, row);
  return status === 503 ? tableFull(c) : status;
}

/** Dispatches a request to a set. Returns 0 or the status to be answered. */
export function dispatchRequest(c: Context, action: DispatchAction, isInDialog: boolean): number {
  const { set, resources, stateful } = action;
  const { method } = c.message;
  if (c.adopted.snapshot.closing && !isInDialog && method !== Method.ACK && method !== Method.CANCEL) return closing(c);
  const count = selectFromSets(c, action);
  if (count === 0) return hasAnyone(c, action, false) ? noDestination(c, action) : refuseSips(c);
  dropForeignRoutes(c);
  const opens = opensDialog(c);
  const isPath = wantsPath(c, action.path);
  if (!stateful || method === Method.ACK) return dispatchStateless(c, action, isInDialog, opens, isPath);
  const row = openTransaction(c, false);
  if (row === 0) return tableFull(c);
  const words = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  words[at + T.set] = set;
  words[at + T.fromTag] = fromTagHash(c);
  let flags = opens ? TransactionFlag.createsDialog | (isBehindNat(c) ? TransactionFlag.nat : 0) : 0;
  if (isPath) flags |= TransactionFlag.path;
  if (isInDialog) flags |= TransactionFlag.inDialog;
  if (c.ownRoute.dropsAll) flags |= TransactionFlag.dropsRoutes;
  // A To tag of no dialog that we know is no way round the route's header changes; only the request URI stays.
  if (action.treatment !== null) {
    flags |= TransactionFlag.treated;
    words[at + T.treatment] = c.treatments.numberOf(action.treatment);
    c.treatments.take(words[at + T.treatment]!);
  }
  words[at + T.flags] = flags;
  words[at + T.resources] = resources;
  words[at + T.candidates] = count;
  words[at + T.tries] = isInDialog ? 1 : policyAt(c, at)!.failover.tries;
  const slots = (at + T.slots) * 2;
  for (let i = 0; i < count; i++) c.transactions.slots[slots + i] = c.candidates[i]!;
  const status = tryNext(c, row);
  if (status === 0) return 0;
  removeTransaction(c, row);
  if (status === PASSED_OVER) return noDestination(c, action);
  if (status === SHORT) return busy(c);
  return status === 503 ? tableFull(c) : status;
}

function dispatchStateless(
  c: Context,
  { stateful, treatment }: DispatchAction,
  isInDialog: boolean,
  opens: boolean,
  isPath: boolean,
): number {
  const rows = c.adopted.snapshot.destinations;
  const row = c.adopted.row(c.candidates[0]!);
  copyEndpoint(rows, row, c.target, 0);
  c.targetSlot = c.candidates[0]!;
  const configured = rows[row + DestinationColumn.listener]!;
  const transport = rows[row + DestinationColumn.transport]!;
  c.outgoing = configured >= 0 ? configured : c.adopted.outgoing(c.listener, !isV4(rows, row), transport);
  if (c.outgoing < 0) return 503;
  // Of a stateless route the ACK to a failure has to look like its INVITE (RFC 3261 16.11), so it gets the same branch.
  if (stateful) {
    forwardAck(c);
    return 0;
  }
  const number = c.treatments.numberOf(treatment);
  const own = number === 0 ? null : c.treatments.at(number);
  // An ACK has a To tag: it is that to a failure, for the one to a 2xx follows our Record-Route.
  const { method } = c.message;
  const isHop = method === Method.ACK || method === Method.CANCEL;
  const held = isInDialog || isHop ? MAY_LEAVE : holdBack(c, c.outgoing);
  if (held !== MAY_LEAVE) return held;
  const hasUri = (!isInDialog || isHop) && makeUri(c, c.targetSlot, own);
  const changes = isHop ? null : own;
  if (!opens) return forwardStateless(c, isPath ? RecordRoute.path : RecordRoute.none, changes, hasUri);
  return forwardStateless(c, isBehindNat(c) ? RecordRoute.nat : RecordRoute.plain, changes, hasUri);
}

/** Whether the request at hand asks for a dialog: its Record-Route has to stay in the path (RFC 3261 16.6 point 4). */
function opensDialog(c: Context): boolean {
  const { method, to } = c.message;
  if (to.tagStart >= 0) return false;
  return method === Method.INVITE || method === Method.SUBSCRIBE || method === Method.REFER || method === Method.NOTIFY;
}

/** Whether the caller's own idea of its address (Via, Contact) differs from where its packets come from. */
function isBehindNat(c: Context): boolean {
  const { message } = c;
  const { topVia, bytes } = message;
  // What is for a caller goes over the connection that it made, as long as there is one.
  const { isStream, defaultPort } = c.adopted.listeners[c.listener]!;
  if (isStream) return true;
  if (!c.isViaTrue || (topVia.port === 0 ? defaultPort : topVia.port) !== c.peer[4]) return true;
  const start = message.valueStart[Header.contact]!;
  if (start < 0 || namesSentBy(c, start, message.valueEnd[Header.contact]!)) return false;
  if (!contact.reset(bytes, start, message.valueEnd[Header.contact]!)) return false;
  if (!c.uri.reset(bytes, contact.uriStart, contact.uriEnd) || c.uri.hostStart < 0) return false;
  return !isHere(c, bytes, c.uri.hostStart, c.uri.hostEnd, c.uri.port);
}

/** Whether the first host of a Contact is spelled as the top Via's sent-by, port and all: the usual phone, in a few bytes. */
function namesSentBy(c: Context, start: number, end: number): boolean {
  const { bytes, topVia } = c.message;
  let at = start;
  while (at < end && bytes[at] !== AT) at++;
  const host = at + 1;
  const hostEnd = host + topVia.hostEnd - topVia.hostStart;
  if (hostEnd >= end || !sameBytes(bytes, host, hostEnd, bytes, topVia.hostStart, topVia.hostEnd)) return false;
  if (topVia.port === 0) return bytes[hostEnd] === BRACKET || bytes[hostEnd] === SEMICOLON;
  if (bytes[hostEnd] !== COLON) return false;
  let digits = hostEnd + 1;
  while (digits < end && bytes[digits]! >= 0x30 && bytes[digits]! <= 0x39) digits++;
  return parseDecimal(bytes, hostEnd + 1, digits, 65_535) === topVia.port;
}

function isHere(c: Context, bytes: Uint8Array, start: number, end: number, port: number): boolean {
  if (!hostWords(bytes, start, end, address, 0)) return false;
  address[4] = port === 0 ? c.adopted.listeners[c.listener]!.defaultPort : port;
  return sameEndpoint(address, 0, c.peer, 0);
}

function tableFull(c: Context): number {
  c.count(Count.rejected_table_full);
  return busy(c);
}

function closing(c: Context): number {
  c.count(Count.rejected_closing);
  return busy(c);
}

/** Whether the sets have somebody who could take the request at hand, were he well and had he room; with `isUsable`, had he room. */
function hasAnyone(c: Context, { set, others }: DispatchAction, isUsable: boolean): boolean {
  const isWithAll = !isSips(c);
  if (isWithAll && !isUsable) return true;
  for (let i = -1; i < others.length; i++) {
    const { slots } = c.adopted.sets[i < 0 ? set : others[i]!]!.dispatch;
    for (let at = 0; at < slots.length; at++)
      if ((isWithAll || isProtected(c, slots[at]!)) && (!isUsable || c.live.isUsable(slots[at]!))) return true;
  }
  return false;
}

/** Nobody in the sets can take it. */
function noDestination(c: Context, action: DispatchAction): number {
  c.count(hasAnyone(c, action, true) ? Count.rejected_full : Count.rejected_no_destination);
  if (action.noDestination !== null) {
    const answer = c.treatments.noDestination(action)!;
    c.phrase = answer.phrase;
    c.extra = answer.extra;
    return answer.status;
  }
  const { extra } = c.adopted.sets[action.set]!.unavailable;
  if (extra.length === 0) return busy(c);
  c.extra = extra;
  return 503;
}
