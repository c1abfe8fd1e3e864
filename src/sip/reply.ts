// An answer of our own to a request (RFC 3261 8.2.6), even to a malformed one: only header lines that were legible are
// copied, and what is missing is left out.
import { Header } from "./header.ts";
import type { Message } from "./message.ts";
import { ascii, trimEnd } from "./scan.ts";
import { copyBytes, writeDecimal } from "./write.ts";

const NONE: Uint8Array = Buffer.alloc(0);
const VERSION = ascii("SIP/2.0 ");
const CRLF = ascii("\r\n");
const RECEIVED = ascii(";received=");
const RPORT = ascii(";rport=");
const TAG = ascii(";tag=");
const UNSUPPORTED = ascii("Unsupported: ");
const LAST = ascii("Content-Length: 0\r\n\r\n");

/** What the writer of an answer decides; one object is reused, its byte ranges are only read while `writeReply` runs. */
export class ReplyOptions {
  /** The packet's source address as text (IPv6 without brackets), for the top Via; empty: the top Via stays as it came. */
  received: Uint8Array = NONE;
  receivedStart = 0;
  receivedEnd = 0;
  /** The packet's source port; written where the top Via asks for it (RFC 3581). */
  rport = 0;
  /** Value of the To tag that is added when there is none (not to a 100); empty: none. */
  toTag: Uint8Array = NONE;
  toTagStart = 0;
  toTagEnd = 0;
  /** Whole header lines with their CRLF (Retry-After, Contact, Server ...); empty: none. */
  extra: Uint8Array = NONE;
  extraStart = 0;
  extraEnd = 0;
  /** Lists the tags of Proxy-Require in Unsupported headers (RFC 3261 8.2.2.3), for a 420. */
  listUnsupported = false;

  /** Back to an answer without any of these. */
  clear(): void {
    this.received = NONE;
    this.receivedStart = 0;
    this.receivedEnd = 0;
    this.rport = 0;
    this.toTag = NONE;
    this.toTagStart = 0;
    this.toTagEnd = 0;
    this.extra = NONE;
    this.extraStart = 0;
    this.extraEnd = 0;
    this.listUnsupported = false;
  }
}

/**
 * Writes an answer at `out[outAt]`; returns its length. `message` is a request that `reset` has read and whose `canAnswer`
 * is true; at most its header section plus the options plus 64 bytes are written.
 */
export function writeReply(
  message: Message,
  status: number,
  phrase: Uint8Array,
  options: ReplyOptions,
  out: Uint8Array,
  outAt: number,
): number {
  const { bytes } = message;
  let at = copyBytes(VERSION, 0, VERSION.length, out, outAt);
  at = writeDecimal(out, at, status);
  out[at++] = 0x20;
  at = copyBytes(phrase, 0, phrase.length, out, at);
  at = copyBytes(CRLF, 0, 2, out, at);
  at = writeVias(message, options, out, at);
  at = writeLine(message, Header.from, out, at);
  at = writeTo(message, status, options, out, at);
  at = writeLine(message, Header.callId, out, at);
  at = writeLine(message, Header.cseq, out, at);
  if (status === 100) at = writeLine(message, Header.timestamp, out, at);
  if (options.listUnsupported) {
    for (let from = -1; message.nextLine(Header.proxyRequire, from); from = message.iterLineEnd) {
      at = copyBytes(UNSUPPORTED, 0, UNSUPPORTED.length, out, at);
      at = copyBytes(bytes, message.iterStart, message.iterEnd, out, at);
      at = copyBytes(CRLF, 0, 2, out, at);
    }
  }
  at = copyBytes(options.extra, options.extraStart, options.extraEnd, out, at);
  at = copyBytes(LAST, 0, LAST.length, out, at);
  return at - outAt;
}

function writeLine(message: Message, header: Header, out: Uint8Array, at: number): number {
  const start = message.lineStart[header]!;
  return start < 0 ? at : copyBytes(message.bytes, start, message.lineEnd[header]!, out, at);
}

/** All Via lines in order; the top value gets received and rport (RFC 3261 18.2.1, RFC 3581 4). */
function writeVias(message: Message, options: ReplyOptions, out: Uint8Array, outAt: number): number {
  let at = outAt;
  for (let from = -1; message.nextLine(Header.via, from); from = message.iterLineEnd) {
    const isTop = message.iterLineStart === message.lineStart[Header.via];
    if (isTop && options.receivedEnd > options.receivedStart && message.topVia.end >= 0)
      at = writeTopVia(message, options, out, at);
    else at = copyBytes(message.bytes, message.iterLineStart, message.iterLineEnd, out, at);
  }
  return at;
}

function writeTopVia(message: Message, options: ReplyOptions, out: Uint8Array, outAt: number): number {
  const { bytes } = message;
  const via = message.topVia;
  const lineEnd = message.lineEnd[Header.via]!;
  let at = outAt;
  let from = message.lineStart[Header.via]!;
  // The parameters that are written anew are left out, in the order in which they stand.
  const rportFirst = via.rportStart >= 0 && (via.receivedStart < 0 || via.rportStart < via.receivedStart);
  for (let i = 0; i < 2; i++) {
    const takeRport = rportFirst === (i === 0);
    const start = takeRport ? via.rportStart : via.receivedStart;
    if (start < 0) continue;
    // Without the white space before it, which could be a fold that would have nothing left behind it.
    at = copyBytes(bytes, from, trimEnd(bytes, from, start), out, at);
    from = takeRport ? via.rportEnd : via.receivedEnd;
  }
  const end = Math.max(via.end, from);
  at = copyBytes(bytes, from, end, out, at);
  at = copyBytes(RECEIVED, 0, RECEIVED.length, out, at);
  at = copyBytes(options.received, options.receivedStart, options.receivedEnd, out, at);
  if (via.rport >= 0) {
    at = copyBytes(RPORT, 0, RPORT.length, out, at);
    at = writeDecimal(out, at, options.rport);
  }
  return copyBytes(bytes, end, lineEnd, out, at);
}

function writeTo(message: Message, status: number, options: ReplyOptions, out: Uint8Array, at: number): number {
  const start = message.lineStart[Header.to]!;
  if (start < 0) return at;
  if (status === 100 || options.toTagEnd <= options.toTagStart || !message.parseTo() || message.to.tagStart >= 0) {
    return writeLine(message, Header.to, out, at);
  }
  const end = message.valueEnd[Header.to]!;
  let to = copyBytes(message.bytes, start, end, out, at);
  to = copyBytes(TAG, 0, TAG.length, out, to);
  to = copyBytes(options.toTag, options.toTagStart, options.toTagEnd, out, to);
  return copyBytes(CRLF, 0, 2, out, to);
}
