// Writing what else leaves: a forwarded response without our Via (RFC 3261 16.7), and the ACK and CANCEL that are ours to
// make (17.1.1.3, 9.1).

import { BRANCH_BYTES, BranchKind } from "../bridge/branch-format.ts";
import { MAX_DATAGRAM } from "../net/batch.ts";
import { Header } from "../sip/header.ts";
import type { Message } from "../sip/message.ts";
import { writeHex32 } from "../sip/token.ts";
import { copyBytes, writeDecimal } from "../sip/write.ts";
import { B, BRANCH_WORDS, BranchFlag } from "./branches.ts";
import { repairAnswer } from "./contact.ts";
import { type Context, Count } from "./context.ts";
import { readOwnRoute } from "./own-route.ts";
import { readStored } from "./restore.ts";
import { frameForStream } from "./stream-length.ts";
import { T, TRANSACTION_WORDS, TransactionFlag } from "./transactions.ts";
import { hasProtected, isAnswererTrusted, removeProtected } from "./trust.ts";
import { writeLocal } from "./write-local.ts";

const text = (value: string): Uint8Array => Buffer.from(value, "latin1");
const CRLF = text("\r\n");
const MAX_FORWARDS = text("Max-Forwards: 70\r\n");
const BRANCH = text(";branch=z9hG4bK");
const ACK = text("ACK");
const CANCEL = text("CANCEL");
const VERSION = text(" SIP/2.0\r\n");
const CSEQ = text("CSeq: ");
const NO_BODY = text("Content-Length: 0\r\n\r\n");

/**
 * Passes the response at hand, which came for `branch` (0: it is the one that was kept), to the caller of `row`, without our Via;
 * returns its length, 0 when nothing was sent.
 */
export function forwardResponse(c: Context, row: number, branch: number): number {
  const words = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  const length = writeWithoutVia(c, words[at + T.listener]!, !hasProtected(c) || isBelieved(c, at, branch));
  if (length === 0) return 0;
  c.outbox.commit(length, words[at + T.listener]!, words, at + T.reply);
  c.outbox.from(words, at + T.local);
  return length;
}

/** Whether who sent the response at hand may have protected headers in it. */
function isBelieved(c: Context, at: number, branch: number): boolean {
  if (branch === 0) return (c.transactions.words[at + T.flags]! & TransactionFlag.bestOfStranger) === 0;
  return isAnswererTrusted(c, branch);
}

/**
 * Writes the response at hand without its top Via into the outbox, and without protected headers where who answers may not have
 * them (`mayVouch`); 0 when there is no other Via (RFC 3261 16.7 point 3). For a stream (the transport of `listener`) it gets the
 * Content-Length that it lacks.
 */
export function writeWithoutVia(c: Context, listener: number, mayVouch: boolean): number {
  const { message, edits } = c;
  const next = message.topVia.next;
  if (next < 0 && message.count[Header.via]! < 2) {
    c.count(Count.dropped_unmatched_response);
    return 0;
  }
  edits.clear();
  if (next >= 0) edits.remove(message.valueStart[Header.via]!, next);
  else edits.remove(message.lineStart[Header.via]!, message.lineEnd[Header.via]!);
  if (!mayVouch) removeProtected(c);
  if (c.adopted.listeners[listener]!.isStream) frameForStream(edits, message);
  if (c.adopted.listeners[c.listener]!.entry.repairsContact) repairAnswer(c);
  const at = c.outbox.claim();
  c.count(Count.forwarded_responses);
  return edits.writeTo(message.bytes, message.start, message.end, c.outbox.bytes, at);
}

/** Acknowledges the response at hand, a final one other than 2xx, on its branch (RFC 3261 17.1.1.3). */
export function sendAck(c: Context, row: number, branch: number): void {
  sendHop(c, row, branch, ACK, c.message);
}

/** Cancels a branch (RFC 3261 9.1). */
export function sendCancel(c: Context, row: number, branch: number): void {
  sendHop(c, row, branch, CANCEL, c.other);
}

/** A request of our own for this hop only: start line, Via, Route, From, Call-ID and CSeq of the request, To of `to`. */
function sendHop(c: Context, row: number, branch: number, method: Uint8Array, to: Message): void {
  const request = c.other;
  if (!readStored(c, row, request)) return;
  const route = c.otherRoute;
  readOwnRoute(c, request, route);
  const dropsRoutes = (c.transactions.words[row * TRANSACTION_WORDS + T.flags]! & TransactionFlag.dropsRoutes) !== 0;
  const words = c.branches.words;
  const b = branch * BRANCH_WORDS;
  const listener = words[b + B.listener]!;
  const { edits } = c;
  const bytes = request.bytes;
  const out = c.outbox.bytes;
  const start = c.outbox.claim();
  let at = copyBytes(method, 0, method.length, out, start);
  out[at++] = 0x20;
  if ((words[b + B.flags]! & BranchFlag.rewritten) !== 0) {
    const uri = c.store.start(words[b + B.uri]!);
    at = copyBytes(c.store.bytes(words[b + B.uri]!), uri, uri + words[b + B.uriLength]!, out, at);
  } else if (route.uriStart >= 0) at = copyBytes(bytes, route.uriStart, route.uriEnd, out, at);
  else at = copyBytes(bytes, request.uriStart, request.uriEnd, out, at);
  at = copyBytes(VERSION, 0, VERSION.length, out, at);
  const own = c.adopted.listeners[listener]!;
  if (own.isLocal) {
    at = copyBytes(own.via, 0, own.via.length, out, at);
    for (let i = 0; i < 4; i++) c.local[i] = c.transactions.words[row * TRANSACTION_WORDS + T.local + i]!;
    at = writeLocal(c, out, at, own.port);
    at = copyBytes(BRANCH, 0, BRANCH.length, out, at);
  } else at = copyBytes(own.head, 0, own.headBranch, out, at);
  out[at] = BranchKind.stateful;
  writeHex32(out, at + 1, (c.worker << 24) | branch);
  writeHex32(out, at + 9, words[b + B.nonce]!);
  writeHex32(out, at + 17, words[b + B.loop]!);
  at = copyBytes(CRLF, 0, 2, out, at + BRANCH_BYTES);
  at = copyBytes(MAX_FORWARDS, 0, MAX_FORWARDS.length, out, at);
  for (let from = -1; !dropsRoutes && request.nextLine(Header.route, from); from = request.iterLineEnd) {
    edits.clear();
    for (let i = 0; i < route.cuts; i++) {
      if (route.cutStart[i]! >= request.iterLineStart && route.cutEnd[i]! <= request.iterLineEnd)
        edits.remove(route.cutStart[i]!, route.cutEnd[i]!);
    }
    at += edits.writeTo(bytes, request.iterLineStart, request.iterLineEnd, out, at);
  }
  at = copyBytes(bytes, request.lineStart[Header.from]!, request.lineEnd[Header.from]!, out, at);
  at = copyBytes(to.bytes, to.lineStart[Header.to]!, to.lineEnd[Header.to]!, out, at);
  at = copyBytes(bytes, request.lineStart[Header.callId]!, request.lineEnd[Header.callId]!, out, at);
  at = copyBytes(CSEQ, 0, CSEQ.length, out, at);
  at = writeDecimal(out, at, request.cseq);
  out[at++] = 0x20;
  at = copyBytes(method, 0, method.length, out, at);
  at = copyBytes(CRLF, 0, 2, out, at);
  at = copyBytes(NO_BODY, 0, NO_BODY.length, out, at);
  // An answer may have a To as long as a datagram, and the request's own lines stand here as well: nobody could read that.
  if (at - start > MAX_DATAGRAM) return;
  c.outbox.commit(at - start, listener, words, b + B.endpoint);
  // Where the request went for its caller alone, this goes with it.
  if (own.isStream) c.outbox.onBehalfOf(c.transactions.words, row * TRANSACTION_WORDS + T.peer);
}
