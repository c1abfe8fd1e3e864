// Keep-alives to phones that registered over UDP with our Path: a NAT forgets a flow that nothing passes, and with it the
// way by which calls find the phone. Learned from the registrar's 2xx, forgotten with the registration.

import { BRANCH_BYTES, BranchKind, MAGIC_BYTES } from "../bridge/branch-format.ts";
import { isV4, sameEndpoint } from "../net/endpoint.ts";
import { readHex32, writeHex32 } from "../sip/token.ts";
import { copyBytes, writeDecimal } from "../sip/write.ts";
import { type Context, Count } from "./context.ts";
import { K, KEPT_WORDS } from "./kept-flows.ts";
import { lifetimeOf } from "./registration.ts";
import { MOST_ECHO, writeAddress } from "./reply.ts";
import { readStored } from "./restore.ts";
import { T, TRANSACTION_WORDS, TransactionFlag } from "./transactions.ts";
import { isDue } from "./wheel.ts";
import { writeLocal } from "./write-local.ts";

const text = (value: string): Uint8Array => Buffer.from(value, "latin1");
const CRLF = text("\r\n");
const TWO_LINE_ENDS = text("\r\n\r\n");
const OPTIONS = text("OPTIONS sip:");
const VERSION = text(" SIP/2.0\r\n");
const BRANCH = text(";branch=z9hG4bK");
const FROM = text("Max-Forwards: 70\r\nFrom: <sip:keepalive@");
const TAG = text(">;tag=");
const TO = text("\r\nTo: <sip:");
const CALL_ID = text(">\r\nCall-ID: ");
const REST = text("\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n");

/**
 * The 2xx at hand answers the registration of `row`: if calls can find its flow, by our Path or its repaired Contact, that
 * is kept open from now on, or no longer.
 */
export function noteRegistration(c: Context, row: number): void {
  const { kept } = c;
  const { interval } = c.adopted.snapshot.keepAlive;
  if (kept === null || interval === 0) return;
  const words = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  const listener = words[at + T.listener]!;
  const { isStream, entry } = c.adopted.listeners[listener]!;
  if (isStream || ((words[at + T.flags]! & TransactionFlag.path) === 0 && !entry.repairsContact)) return;
  if (!readStored(c, row, c.other)) return;
  const lifetime = lifetimeOf(c.other, c.message);
  if (lifetime < 0) return;
  let flow = kept.find(listener, words, at + T.peer);
  const own = recordHash(c);
  if (lifetime === 0) {
    if (flow !== 0) takeBack(c, flow, own);
    return;
  }
  const expires = (c.now + lifetime * 1000) | 0;
  if (flow === 0) {
    flow = kept.create(listener, words, at + T.peer);
    if (flow === 0) {
      c.count(Count.flows_not_kept);
      return;
    }
    c.count(Count.flows_kept);
    kept.words[flow * KEPT_WORDS + K.own] = own;
    kept.words[flow * KEPT_WORDS + K.expires] = expires;
    kept.words[flow * KEPT_WORDS + K.others] = c.now;
    // Phones that registered in one moment, after a power cut, are not all called in one moment.
    kept.wheel.arm(flow, c.now + ((c.nonces.next() >>> 0) % interval));
  }
  const r = flow * KEPT_WORDS;
  kept.words[r + K.credit] = MOST_ECHO * words[at + T.requestLength]!;
  if (kept.words[r + K.own] === own || isDue(c.now, kept.words[r + K.expires]!)) {
    kept.words[r + K.own] = own;
    kept.words[r + K.expires] = expires;
  } else if (isDue(expires, kept.words[r + K.others]!)) kept.words[r + K.others] = expires;
  for (let i = 0; i < 4; i++) kept.words[r + K.local + i] = words[at + T.local + i]!;
}

/**
 * The registration `own` is over. Another one over the same flow, of a gateway or a phone with several accounts, keeps it. Of those only the
 * latest end is known, so when one of them is taken back the flow may be kept for longer than it is needed.
 */
function takeBack(c: Context, flow: number, own: number): void {
  const { words } = c.kept!;
  const r = flow * KEPT_WORDS;
  if (words[r + K.own] === own) words[r + K.expires] = c.now;
  if (isOver(c, r)) forget(c, flow);
}

/** Whether every registration over the flow in row `r` has ended. */
function isOver(c: Context, r: number): boolean {
  const { words } = c.kept!;
  return isDue(c.now, words[r + K.expires]!) && isDue(c.now, words[r + K.others]!);
}

/** Hash of the address of record in the request in `c.other`. */
function recordHash(c: Context): number {
  const { other, hash } = c;
  if (!other.parseTo()) return 0;
  return hash.of(other.view, other.to.uriStart, other.to.uriEnd);
}

/** A flow's timer fired: something is sent over it, or its registration has ended. */
export function keepAliveTimer(c: Context, flow: number): void {
  const { kept } = c;
  if (kept === null) return;
  const { interval, kind } = c.adopted.snapshot.keepAlive;
  const { words } = kept;
  const r = flow * KEPT_WORDS;
  if (interval === 0 || isOver(c, r)) {
    forget(c, flow);
    return;
  }
  // A time long past would be taken for one to come when the clock has gone round.
  if (isDue(c.now, words[r + K.others]!)) words[r + K.others] = c.now;
  if (isDue(c.now, words[r + K.expires]!)) words[r + K.expires] = c.now;
  for (let i = 0; i < 4; i++) c.local[i] = words[r + K.local + i]!;
  c.listener = words[r + K.listener]!;
  const at = c.outbox.claim();
  const end = kind === "crlf" ? copyBytes(TWO_LINE_ENDS, 0, 4, c.outbox.bytes, at) : writeOptions(c, at, flow);
  words[r + K.credit] = words[r + K.credit]! - (end - at);
  // The source of a registration may be forged, where the registrar does not ask who it is.
  if (words[r + K.credit]! < 0) {
    c.count(Count.keepalives_unanswered);
    forget(c, flow);
    return;
  }
  c.outbox.commit(end - at, c.listener, words, r + K.endpoint);
  c.outbox.from(c.local, 0);
  c.count(Count.keepalives_sent);
  kept.wheel.arm(flow, c.now + interval);
}

/** The response at hand has the branch of an OPTIONS of ours: the phone is there, and may be asked on. */
export function keepAliveAnswered(c: Context): void {
  const { kept } = c;
  const { bytes, topVia } = c.message;
  const at = topVia.branchStart + MAGIC_BYTES + 1;
  const flow = readHex32(bytes, at) & 0xffffff;
  const r = flow * KEPT_WORDS;
  if (
    kept === null ||
    flow > kept.capacity ||
    kept.words[r + K.nonce] === 0 ||
    readHex32(bytes, at + 8) !== kept.words[r + K.nonce]! >>> 0 ||
    !sameEndpoint(kept.words, r + K.endpoint, c.peer, 0)
  ) {
    c.count(Count.dropped_unmatched_response);
    return;
  }
  kept.words[r + K.nonce] = 0;
  kept.words[r + K.credit] = MOST_ECHO * (c.message.end - c.message.start);
  c.count(Count.keepalives_answered);
}

function forget(c: Context, flow: number): void {
  c.kept?.remove(flow);
  c.count(Count.flows_ended);
}

/** Writes an OPTIONS to the phone of a row; its answer is known by its branch, which names worker, row and a nonce. */
function writeOptions(c: Context, start: number, flow: number): number {
  const { words } = c.kept!;
  const r = flow * KEPT_WORDS;
  const out = c.outbox.bytes;
  const own = c.adopted.listeners[c.listener]!;
  const nonce = c.nonces.next() | 1;
  words[r + K.nonce] = nonce;
  let at = copyBytes(OPTIONS, 0, OPTIONS.length, out, start);
  at = writePhone(out, at, words, r + K.endpoint);
  at = copyBytes(VERSION, 0, VERSION.length, out, at);
  at = copyBytes(own.via, 0, own.via.length, out, at);
  at = writeOwn(c, out, at);
  at = copyBytes(BRANCH, 0, BRANCH.length, out, at);
  out[at] = BranchKind.keepAlive;
  writeHex32(out, at + 1, (c.worker << 24) | flow);
  writeHex32(out, at + 9, nonce);
  writeHex32(out, at + 17, 0);
  at = copyBytes(CRLF, 0, 2, out, at + BRANCH_BYTES);
  at = copyBytes(FROM, 0, FROM.length, out, at);
  at = writeOwn(c, out, at);
  at = writeHex32(out, copyBytes(TAG, 0, TAG.length, out, at), nonce);
  at = copyBytes(TO, 0, TO.length, out, at);
  at = writePhone(out, at, words, r + K.endpoint);
  at = copyBytes(CALL_ID, 0, CALL_ID.length, out, at);
  at = writeHex32(out, writeHex32(out, at, nonce), c.nonces.next());
  return copyBytes(REST, 0, REST.length, out, at);
}

/** Host and port of the listener at hand. */
function writeOwn(c: Context, out: Buffer, at: number): number {
  const own = c.adopted.listeners[c.listener]!;
  return own.isLocal ? writeLocal(c, out, at, own.port) : copyBytes(own.sentBy, 0, own.sentBy.length, out, at);
}

/** Host and port of a phone. */
function writePhone(out: Buffer, start: number, words: Int32Array, from: number): number {
  const isBracketed = !isV4(words, from);
  let at = start;
  if (isBracketed) out[at++] = 0x5b;
  at = writeAddress(words, from, out, at);
  if (isBracketed) out[at++] = 0x5d;
  out[at++] = 0x3a;
  return writeDecimal(out, at, words[from + 4]!);
}
