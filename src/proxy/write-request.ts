// A forwarded request: our Via and Record-Route, and the other edits of RFC 3261 16.6 and 18.2.1, written in one pass.

import { BRANCH_BYTES, BranchKind } from "../bridge/branch-format.ts";
import { DestinationColumn } from "../bridge/snapshot.ts";
import { MAX_DATAGRAM } from "../net/batch.ts";
import { Header } from "../sip/header.ts";
import { trimEnd } from "../sip/scan.ts";
import { writeHex32 } from "../sip/token.ts";
import { copyBytes, copyRange, writeDecimal } from "../sip/write.ts";
import { B, BRANCH_WORDS, BranchFlag } from "./branches.ts";
import { changeHeaders } from "./change-headers.ts";
import { repairContact } from "./contact.ts";
import { type Context, Count } from "./context.ts";
import type { HeaderChanges } from "./header-changes.ts";
import { ASKS_FOR_OVERLOAD, asksForOverload } from "./overload-feedback.ts";
import { writeAddress } from "./reply.ts";
import { rewritten } from "./request-uri.ts";
import { frameForStream } from "./stream-length.ts";
import { T, TRANSACTION_WORDS, TransactionFlag } from "./transactions.ts";
import type { WorkerTreatment } from "./treatments.ts";
import { hasProtected, isTrusted, removeLines, removeProtected } from "./trust.ts";
import { writeLocal } from "./write-local.ts";
import { RecordRoute, writeRecordRoutes } from "./write-record-route.ts";

const text = (value: string): Uint8Array => Buffer.from(value, "latin1");
const RECEIVED = text(";received=");
const RPORT = text(";rport=");
const MAX_FORWARDS = text("Max-Forwards: 70\r\n");
const BRANCH = text(";branch=z9hG4bK");
const CRLF = text("\r\n");
const MAX_BREADTH = text("Max-Breadth: ");
/** More than our Via, two Record-Routes and Max-Forwards ever take. */
export const OWN_BYTES = 1024;
const line = Buffer.alloc(64);

/** What is counted while a request is written, and counts once for each that is sent. */
const COUNTED = [Count.protected_headers_removed, Count.contacts_repaired, Count.paths_added] as const;
const counted = new Float64Array(COUNTED.length);

/** What became of writing a request: it went, it would not fit into a datagram, or it is longer than was asked for. */
const Written = { sent: 0, tooLong: 1, large: 2 } as const;
type Written = (typeof Written)[keyof typeof Written];

/**
 * Forwards the request at hand, which is that of `row`, on `branch`. A large one leaves by TCP where the destination has it
 * (RFC 3261 18.1.1): the branch then has another listener. False when it would not fit into a datagram.
 */
export function sendRequest(c: Context, row: number, branch: number): boolean {
  const words = c.branches.words;
  const b = branch * BRANCH_WORDS;
  const at = row * TRANSACTION_WORDS;
  const flags = c.transactions.words[at + T.flags]!;
  let recordRoute: RecordRoute = RecordRoute.none;
  if ((flags & TransactionFlag.createsDialog) !== 0) {
    recordRoute = (flags & TransactionFlag.nat) !== 0 ? RecordRoute.nat : RecordRoute.plain;
  } else if ((flags & TransactionFlag.path) !== 0) recordRoute = RecordRoute.path;
  branchKind = BranchKind.stateful;
  branchWord1 = (c.worker << 24) | branch;
  branchWord2 = words[b + B.nonce]!;
  branchLoop = words[b + B.loop]!;
  if ((words[b + B.flags]! & BranchFlag.rewritten) !== 0) {
    const uri = words[b + B.uri]!;
    uriBytes = c.store.bytes(uri);
    uriStart = c.store.start(uri);
    uriEnd = uriStart + words[b + B.uriLength]!;
  } else uriEnd = uriStart;
  changes =
    (flags & TransactionFlag.treated) === 0 ? null : c.treatments.at(c.transactions.words[at + T.treatment]!).headers;
  branchBreadth = (words[b + B.flags]! & BranchFlag.forked) !== 0 ? words[b + B.breadth]! : 0;
  const slot = words[b + B.slot]!;
  const stream = streamForLarge(c, b);
  const most = stream < 0 ? MAX_DATAGRAM : c.adopted.snapshot.largeBytes;
  const { column } = c.counters;
  if (stream >= 0) for (let i = 0; i < COUNTED.length; i++) counted[i] = column[COUNTED[i]!]!;
  const written = write(c, words[b + B.listener]!, words, b + B.endpoint, slot, recordRoute, most);
  if (written !== Written.large || stream < 0) return written === Written.sent;
  for (let i = 0; i < COUNTED.length; i++) column[COUNTED[i]!] = counted[i]!;
  words[b + B.listener] = stream;
  words[b + B.flags] = words[b + B.flags]! | BranchFlag.moved;
  c.count(Count.large_requests_tcp);
  return write(c, stream, words, b + B.endpoint, slot, recordRoute, MAX_DATAGRAM) === Written.sent;
}

/** The listener by which the branch goes if it is large; -1: by its own. */
function streamForLarge(c: Context, b: number): number {
  const words = c.branches.words;
  const slot = words[b + B.slot]!;
  if (slot < 0 || (words[b + B.flags]! & BranchFlag.stays) !== 0) return -1;
  if (c.adopted.listeners[words[b + B.listener]!]!.isStream) return -1;
  return c.adopted.snapshot.destinations[c.adopted.row(slot) + DestinationColumn.large]! - 1;
}

/**
 * Forwards the request at hand without a transaction, to `c.target` from `c.outgoing`, with a branch of two words and the
 * loop hash. False when it would not fit into a datagram.
 */
export function sendStateless(
  c: Context,
  kind: number,
  word1: number,
  word2: number,
  recordRoute: RecordRoute,
  treatment: WorkerTreatment | null,
  hasUri: boolean,
): boolean {
  uriBytes = rewritten.bytes;
  uriStart = 0;
  uriEnd = hasUri ? rewritten.length : 0;
  changes = treatment === null ? null : treatment.headers;
  branchKind = kind;
  branchWord1 = word1;
  branchWord2 = word2;
  branchLoop = c.loop;
  branchBreadth = 0;
  return write(c, c.outgoing, c.target, 0, c.targetSlot, recordRoute, MAX_DATAGRAM) === Written.sent;
}

// The request URI that is written instead of the one that came (nothing: none is), and what changes among the headers: set
// right before `write`, read only by `edit`.
let uriBytes: Uint8Array = rewritten.bytes;
let uriStart = 0;
let uriEnd = 0;
let changes: HeaderChanges | null = null;

// The branch parameter being written: set right before `write`, read only by `writeBranch`.
let branchKind = 0;
let branchWord1 = 0;
let branchWord2 = 0;
let branchLoop = 0;
// Its part of the Max-Breadth that came; 0: all of it.
let branchBreadth = 0;

function writeBranch(out: Uint8Array, at: number): number {
  out[at] = branchKind;
  writeHex32(out, at + 1, branchWord1);
  writeHex32(out, at + 9, branchWord2);
  return writeHex32(out, at + 17, branchLoop);
}

function write(
  c: Context,
  listener: number,
  endpoint: Int32Array,
  endpointAt: number,
  slot: number,
  recordRoute: RecordRoute,
  most: number,
): Written {
  const { edits, message, outbox } = c;
  const { bytes } = message;
  edit(c);
  if (c.adopted.listeners[listener]!.isStream) frameForStream(edits, message);
  if (message.end - message.start + edits.growth > MAX_DATAGRAM - OWN_BYTES) return Written.tooLong;
  const out = outbox.bytes;
  const start = outbox.claim();
  const viaLine = message.lineStart[Header.via]!;
  const first = message.lineStart[recordRoute === RecordRoute.path ? Header.path : Header.recordRoute]!;
  const isMisplaced = recordRoute !== RecordRoute.none && first >= 0 && first < viaLine;
  if (isMisplaced) {
    // Another one stands above the first Via: ours has to be above that.
    const from = edits.claim(OWN_BYTES);
    edits.length = writeRecordRoutes(c, edits.scratch, from, listener, endpoint, endpointAt, slot, recordRoute);
    edits.insert(first, from);
  }
  let at = start + edits.writeUpTo(bytes, message.start, viaLine, out, start);
  at = writeHead(c, out, at, listener, slot);
  if (recordRoute !== RecordRoute.none && !isMisplaced)
    at = writeRecordRoutes(c, out, at, listener, endpoint, endpointAt, slot, recordRoute);
  if (message.maxForwards < 0) at = copyBytes(MAX_FORWARDS, 0, MAX_FORWARDS.length, out, at);
  at += edits.writeTo(bytes, viaLine, message.end, out, at);
  if (at - start > most) return Written.large;
  outbox.commit(at - start, listener, endpoint, endpointAt);
  if (c.adopted.listeners[listener]!.isStream) outbox.onBehalfOf(c.peer, 0);
  else if (listener === c.listener) outbox.from(c.local, 0);
  c.count(Count.forwarded_requests);
  return Written.sent;
}

/** Our Via, and Max-Breadth where the caller sent none (RFC 5393 5.3.3). */
function writeHead(c: Context, out: Buffer, start: number, listener: number, slot: number): number {
  const own = c.adopted.listeners[listener]!;
  const hasBreadth = c.message.count[Header.maxBreadth] !== 0;
  const end = hasBreadth || branchBreadth !== 0 ? own.headVia : own.head.length;
  let at = start;
  if (!own.isLocal) {
    copyRange(own.head, own.headView, -1, 0, end, out, c.outbox.view, -1, start);
    writeBranch(out, start + own.headBranch);
    at += end;
  } else {
    at = copyBytes(own.via, 0, own.via.length, out, at);
    at = writeLocal(c, out, at, own.port);
    at = copyBytes(BRANCH, 0, BRANCH.length, out, at);
    at = writeBranch(out, at);
    at = copyBytes(own.head, own.headBranch + BRANCH_BYTES, end, out, at);
  }
  if (c.adopted.heedsOverload && branchKind === BranchKind.stateful && asksForOverload(c, slot)) {
    const tail = own.headBranch + BRANCH_BYTES;
    at = copyBytes(ASKS_FOR_OVERLOAD, 0, ASKS_FOR_OVERLOAD.length, out, at - (end - tail));
    at = copyBytes(own.head, tail, end, out, at);
  }
  return hasBreadth || branchBreadth === 0 ? at : writeBreadth(out, at);
}

function writeBreadth(out: Buffer, start: number): number {
  const at = copyBytes(MAX_BREADTH, 0, MAX_BREADTH.length, out, start);
  return copyBytes(CRLF, 0, 2, out, writeDecimal(out, at, branchBreadth));
}

/**
 * The edits below our Via: received and rport in the caller's Via, Max-Forwards, protected headers, our Route values, a
 * strict router's URI.
 */
function edit(c: Context): void {
  const { edits, message, ownRoute } = c;
  const via = message.topVia;
  edits.clear();
  // With the white space before it, which could be a fold that would have nothing left behind it.
  if (via.receivedStart >= 0) edits.remove(trimEnd(message.bytes, via.hostEnd, via.receivedStart), via.receivedEnd);
  const isStream = c.adopted.listeners[c.listener]!.isStream;
  if (via.rport >= 0 || !c.isViaTrue || isStream) {
    if (via.rport >= 0) {
      const from = edits.text(RPORT);
      edits.decimal(c.peer[4]!);
      const isLast = via.rportEnd === via.end;
      if (isLast) addReceived(c);
      edits.replace(via.rportStart, via.rportEnd, from);
      if (!isLast) edits.insert(via.end, addReceived(c));
    } else {
      const from = addReceived(c);
      if (isStream) {
        edits.text(RPORT);
        edits.decimal(c.peer[4]!);
      }
      edits.insert(via.end, from);
    }
  }
  if (message.maxForwards >= 0) {
    const start = message.valueStart[Header.maxForwards]!;
    edits.replaceDecimal(start, message.valueEnd[Header.maxForwards]!, message.maxForwards - 1);
  }
  if (branchBreadth !== 0 && message.count[Header.maxBreadth] !== 0) {
    const start = message.valueStart[Header.maxBreadth]!;
    edits.replaceDecimal(start, message.valueEnd[Header.maxBreadth]!, branchBreadth);
  }
  repairContact(c);
  if (hasProtected(c) && !isTrusted(c)) removeProtected(c);
  if (ownRoute.dropsAll) removeLines(edits, message, Header.route);
  else for (let i = 0; i < ownRoute.cuts; i++) edits.remove(ownRoute.cutStart[i]!, ownRoute.cutEnd[i]!);
  if (changes !== null) changeHeaders(c, changes);
  if (uriEnd > uriStart) {
    const from = edits.text(uriBytes, uriStart, uriEnd);
    edits.replace(message.uriStart, message.uriEnd, from);
  } else if (ownRoute.uriStart >= 0) {
    const from = edits.text(message.bytes, ownRoute.uriStart, ownRoute.uriEnd);
    edits.replace(message.uriStart, message.uriEnd, from);
  }
}

function addReceived(c: Context): number {
  const { edits, message } = c;
  const via = message.topVia;
  const from = edits.text(RECEIVED);
  // A true Via spells the address already; brackets do not belong here (RFC 3261 25.1, via-received).
  if (c.isViaTrue && message.bytes[via.hostStart] !== 0x5b) edits.text(message.bytes, via.hostStart, via.hostEnd);
  else edits.text(line, 0, writeAddress(c.peer, 0, line, 0));
  return from;
}
