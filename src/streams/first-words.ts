// How much has to come over a connection before somebody has to look at it: below that, nothing could be done with it but wait.
import { CLASS, Class } from "../sip/scan.ts";

/** What a connection begins with: a SIP message, a record of TLS, a request of HTTP. */
export const FirstWords = { sip: 0, tls: 1, http: 2 } as const;
/** One of `FirstWords`. */
export type FirstWords = (typeof FirstWords)[keyof typeof FirstWords];

const CR = 0x0d;
const END_OF_HEADERS = "\r\n\r\n";
const LF = 0x0a;
/** RFC 8446 5.1: type of a record, and bytes before what it holds. */
const HANDSHAKE = 22;
const RECORD_HEADER = 5;

/**
 * Whether the `length` bytes in `bytes`, all that has come, are worth looking at: headers up to the empty line behind them, a whole record
 * of TLS, what is none of that from its first byte on, which a keep-alive is, too (RFC 5626), or what HTTP refuses for its first line's end.
 * The first `seen` of them were not, when they were all.
 */
export function areWorthReading(words: FirstWords, bytes: Buffer, length: number, seen: number): boolean {
  if (length === 0) return false;
  if (words === FirstWords.tls) {
    if (bytes[0] !== HANDSHAKE) return true;
    return length >= RECORD_HEADER && length >= RECORD_HEADER + bytes.readUInt16BE(3);
  }
  if ((CLASS[bytes[0]!]! & Class.token) === 0) return true;
  if (words === FirstWords.http) {
    const lineEnd = bytes.indexOf(LF);
    if (lineEnd >= 0 && lineEnd < length && bytes[lineEnd - 1] !== CR) return true;
  }
  const end = bytes.indexOf(END_OF_HEADERS, Math.max(0, seen - END_OF_HEADERS.length + 1), "latin1");
  return end >= 0 && end + END_OF_HEADERS.length <= length;
}
