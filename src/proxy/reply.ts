// Answers of our own, and answers sent again.
import { ENDPOINT_WORDS, isV4 } from "../net/endpoint.ts";
import { ReplyOptions, writeReply } from "../sip/reply.ts";
import { sameBytes } from "../sip/scan.ts";
import { writeHex32 } from "../sip/token.ts";
import { copyBytes, writeDecimal } from "../sip/write.ts";
import { type Context, Count, NOTHING } from "./context.ts";
import { phraseOf } from "./phrases.ts";
import { rewritten } from "./request-uri.ts";
import { T, TRANSACTION_WORDS } from "./transactions.ts";
import { isTrusted } from "./trust.ts";
import type { UnavailableAnswer } from "./worker-set.ts";

/** How many times the bytes of a request its answer may have. */
export const MOST_ECHO = 3;
const options = new ReplyOptions();
const addressText = Buffer.alloc(64);
const tag = Buffer.alloc(16);
const extra = Buffer.alloc(66_560);
const CONTACT = Buffer.from("Contact: <");
const END_OF_CONTACT = Buffer.from(">\r\n");
const target = new Int32Array(ENDPOINT_WORDS);
const HEX = Buffer.from("0123456789abcdef", "latin1");

/**
 * Where responses to the request at hand go (RFC 3261 18.2.2, RFC 3581 4); maddr is not followed. Over a stream that is the
 * connection that it came by, and without it the port that its Via names.
 */
export function replyEndpoint(c: Context, to: Int32Array, at: number): void {
  const via = c.message.topVia;
  for (let i = 0; i < ENDPOINT_WORDS; i++) to[at + i] = c.peer[i]!;
  const { isStream, defaultPort } = c.adopted.listeners[c.listener]!;
  if (via.rport < 0 || isStream) to[at + 4] = via.port > 0 ? via.port : defaultPort;
}

/** Writes an address as text at `out[at]`, IPv6 uncompressed and without brackets; returns the offset behind it. */
export function writeAddress(words: Int32Array, from: number, out: Buffer, at: number): number {
  let p = at;
  if (isV4(words, from)) {
    const w = words[from + 3]!;
    for (let shift = 24; shift >= 0; shift -= 8) {
      p = writeDecimal(out, p, (w >>> shift) & 255);
      if (shift > 0) out[p++] = 0x2e;
    }
    return p;
  }
  for (let i = 0; i < 4; i++) {
    for (let half = 16; half >= 0; half -= 16) {
      const group = (words[from + i]! >>> half) & 0xffff;
      let started = false;
      for (let nibble = 12; nibble >= 0; nibble -= 4) {
        const digit = (group >>> nibble) & 15;
        if (digit !== 0 || started || nibble === 0) {
          out[p++] = HEX[digit]!;
          started = true;
        }
      }
      if (i < 3 || half > 0) out[p++] = 0x3a;
    }
  }
  return p;
}

/**
 * Answers the request at hand with `status` and sends it to where its responses go; returns the length of the answer.
 * Reason phrase and further header lines come from `c.phrase` and `c.extra`, which are used up. An ACK is never answered.
 * Returns 0, and sends nothing, when the answer would be more than `MOST_ECHO` times as long as the request: a stranger's
 * source address may be forged.
 */
export function reply(c: Context, status: number): number {
  options.clear();
  options.received = addressText;
  options.receivedEnd = writeAddress(c.peer, 0, addressText, 0);
  options.rport = c.peer[4]!;
  options.toTag = tag;
  options.toTagEnd = writeOwnTag(c);
  options.listUnsupported = status === 420;
  let length = copyBytes(c.extra, 0, c.extra.length, extra, 0);
  if (c.hasContact) {
    length = copyBytes(CONTACT, 0, CONTACT.length, extra, length);
    length = copyBytes(rewritten.bytes, 0, rewritten.length, extra, length);
    length = copyBytes(END_OF_CONTACT, 0, END_OF_CONTACT.length, extra, length);
  }
  const server = c.adopted.serverLine;
  length = copyBytes(server, 0, server.length, extra, length);
  options.extra = extra;
  options.extraEnd = length;
  const phrase = c.phrase.length > 0 ? c.phrase : phraseOf(status);
  forgetAnswer(c);
  // Via, From, To and Call-ID of a datagram may fill it; the answer needs a few bytes more.
  if (c.message.bodyStart - c.message.start > 64_000) return 0;
  const at = c.outbox.claim();
  const written = writeReply(c.message, status, phrase, options, c.outbox.bytes, at);
  if (written > MOST_ECHO * (c.message.end - c.message.start) && !isTrusted(c)) {
    c.count(Count.dropped_amplification);
    return 0;
  }
  replyEndpoint(c, target, 0);
  c.outbox.commit(written, c.listener, target, 0);
  c.outbox.from(c.local, 0);
  c.count(Count.replies);
  return written;
}

/**
 * Writes at `out[at]` what a destination would have answered the request at hand, of which `c.call1` is set; returns its length. The To tag is
 * ours, so that its ACK is known.
 */
export function writeOnBehalf(c: Context, status: number, out: Buffer, at: number): number {
  options.clear();
  options.toTag = tag;
  options.toTagEnd = writeOwnTag(c);
  return writeReply(c.message, status, phraseOf(status), options, out, at);
}

/** Forgets what an answer of our own would have had besides its status. */
export function forgetAnswer(c: Context): void {
  c.extra = NOTHING;
  c.phrase = NOTHING;
  c.hasContact = false;
}

/**
 * Writes our To tag for the request at hand into `tag`; returns its end. It depends on the call only: retransmissions, and
 * the CANCEL of an INVITE, get the same one, and we recognise it in the ACK without having kept anything.
 */
function writeOwnTag(c: Context): number {
  const { outerHash: hash } = c;
  hash.begin();
  hash.updateWord(c.call1);
  hash.updateWord(c.call2);
  writeHex32(tag, 0, hash.finish());
  return writeHex32(tag, 8, hash.hi);
}

/** Whether the To tag of the request at hand is the one that our own answers to this call have. */
export function hasOwnTag(c: Context): boolean {
  const { bytes, to } = c.message;
  if (to.tagStart < 0 || to.tagEnd - to.tagStart !== tag.length) return false;
  return sameBytes(bytes, to.tagStart, to.tagEnd, tag, 0, writeOwnTag(c));
}

/** Answers the request at hand as the set's policy says when nobody could take it; returns the length of the answer. */
export function replyUnavailable(c: Context, policy: UnavailableAnswer | undefined): number {
  if (policy === undefined) return reply(c, 500);
  c.phrase = policy.phrase;
  c.extra = policy.extra;
  return reply(c, policy.status);
}

/** Sends the stored response of a transaction again. */
export function resend(c: Context, row: number): void {
  const words = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  const handle = words[at + T.response]!;
  if (handle === 0) return;
  const length = words[at + T.responseLength]!;
  words[at + T.spent] = words[at + T.spent]! + length;
  const out = c.outbox.claim();
  const start = c.store.start(handle);
  copyBytes(c.store.bytes(handle), start, start + length, c.outbox.bytes, out);
  c.outbox.commit(length, words[at + T.listener]!, words, at + T.reply);
  c.outbox.from(words, at + T.local);
  c.count(Count.retransmissions_sent);
}
