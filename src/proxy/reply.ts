// Answers of our own, and answers sent again.
import { ENDPOINT_WORDS, isV4 } from "../net/endpoint.ts";
import { ReplyOptions, writeReply } from "../sip/reply.ts";
import { writeHex32 } from "../sip/token.ts";
import { DEFAULT_PORT } from "../sip/via.ts";
import { copyBytes, writeDecimal } from "../sip/write.ts";
import type { UnavailableAnswer } from "./adopted.ts";
import { type Context, Count, NOTHING } from "./context.ts";
import { phraseOf } from "./phrases.ts";
import { T, TRANSACTION_WORDS } from "./transactions.ts";

const options = new ReplyOptions();
const addressText = Buffer.alloc(64);
const tag = Buffer.alloc(16);
const extra = Buffer.alloc(1024);
const target = new Int32Array(ENDPOINT_WORDS);
const HEX = Buffer.from("0123456789abcdef", "latin1");

/** Where responses to the request at hand go (RFC 3261 18.2.2, RFC 3581 4); maddr is not followed. */
export function replyEndpoint(c: Context, to: Int32Array, at: number): void {
  const via = c.message.topVia;
  for (let i = 0; i < ENDPOINT_WORDS; i++) to[at + i] = c.peer[i]!;
  if (via.rport < 0) to[at + 4] = via.port > 0 ? via.port : DEFAULT_PORT;
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
 * Reason phrase and further header lines come from `c.phrase` and `c.extra`, which are used up. The To tag depends only
 * on the request, so that retransmissions get the same one. An ACK is never answered.
 */
export function reply(c: Context, status: number): number {
  options.clear();
  options.received = addressText;
  options.receivedEnd = writeAddress(c.peer, 0, addressText, 0);
  options.rport = c.peer[4]!;
  options.toTag = tag;
  c.outerHash.begin();
  c.outerHash.updateWord(c.call1);
  c.outerHash.updateWord(c.key2);
  writeHex32(tag, 0, c.outerHash.finish());
  options.toTagEnd = writeHex32(tag, 8, c.outerHash.hi);
  options.listUnsupported = status === 420;
  let length = copyBytes(c.extra, 0, c.extra.length, extra, 0);
  const server = c.adopted.serverLine;
  length = copyBytes(server, 0, server.length, extra, length);
  options.extra = extra;
  options.extraEnd = length;
  const phrase = c.phrase.length > 0 ? c.phrase : phraseOf(status);
  c.extra = NOTHING;
  c.phrase = NOTHING;
  // Via, From, To and Call-ID of a datagram may fill it; the answer needs a few bytes more.
  if (c.message.bodyStart - c.message.start > 64_000) return 0;
  const at = c.outbox.claim();
  const written = writeReply(c.message, status, phrase, options, c.outbox.bytes, at);
  replyEndpoint(c, target, 0);
  c.outbox.commit(written, c.listener, target, 0);
  c.outbox.from(c.local, 0);
  c.count(Count.replies);
  return written;
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
  const out = c.outbox.claim();
  const start = c.store.start(handle);
  copyBytes(c.store.bytes(handle), start, start + length, c.outbox.bytes, out);
  c.outbox.commit(length, words[at + T.listener]!, words, at + T.reply);
  c.outbox.from(words, at + T.local);
  c.count(Count.retransmissions_sent);
}
