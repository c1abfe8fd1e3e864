// Header fields as numbers. A name is recognised in its usual spelling by comparing words, in any other (case, compact
// form) by comparing bytes; names that are not in the table are `other` and travel unchanged.
import { ascii, CLASS, Class, equalsIgnoreCase } from "./scan.ts";

/** Header fields that are known by number. */
export const Header = {
  other: 0,
  via: 1,
  from: 2,
  to: 3,
  callId: 4,
  cseq: 5,
  maxForwards: 6,
  route: 7,
  recordRoute: 8,
  contact: 9,
  contentLength: 10,
  contentType: 11,
  proxyRequire: 12,
  require: 13,
  supported: 14,
  timestamp: 15,
  expires: 16,
  retryAfter: 17,
  replaces: 18,
  join: 19,
  maxBreadth: 20,
  userAgent: 21,
  server: 22,
  allow: 23,
  subject: 24,
  event: 25,
  referTo: 26,
  authorization: 27,
  proxyAuthorization: 28,
  wwwAuthenticate: 29,
  proxyAuthenticate: 30,
  unsupported: 31,
  path: 32,
  sessionExpires: 33,
  reason: 34,
  accept: 35,
  contentEncoding: 36,
  rAck: 37,
  rSeq: 38,
  warning: 39,
  pAssertedIdentity: 40,
  /** A name without a number of its own that the reader was told to look out for (`HeaderLines.watched`). */
  watched: 41,
  priority: 42,
  resourcePriority: 43,
} as const;
export type Header = (typeof Header)[keyof typeof Header];

/** Names by number, in the spelling that we write. */
export const HEADER_NAMES: readonly string[] = [
  "",
  "Via",
  "From",
  "To",
  "Call-ID",
  "CSeq",
  "Max-Forwards",
  "Route",
  "Record-Route",
  "Contact",
  "Content-Length",
  "Content-Type",
  "Proxy-Require",
  "Require",
  "Supported",
  "Timestamp",
  "Expires",
  "Retry-After",
  "Replaces",
  "Join",
  "Max-Breadth",
  "User-Agent",
  "Server",
  "Allow",
  "Subject",
  "Event",
  "Refer-To",
  "Authorization",
  "Proxy-Authorization",
  "WWW-Authenticate",
  "Proxy-Authenticate",
  "Unsupported",
  "Path",
  "Session-Expires",
  "Reason",
  "Accept",
  "Content-Encoding",
  "RAck",
  "RSeq",
  "Warning",
  "P-Asserted-Identity",
  "",
  "Priority",
  "Resource-Priority",
];

/** How many numbers there are. */
export const HEADER_COUNT: number = HEADER_NAMES.length;

/** Fields that may appear once (RFC 3261 7.3.1); a second one is refused, because two readers may take different ones. */
export const IS_SINGLE: Uint8Array = new Uint8Array(HEADER_COUNT);
for (const id of [Header.from, Header.to, Header.callId, Header.cseq, Header.maxForwards, Header.contentLength])
  IS_SINGLE[id] = 1;
for (const id of [Header.contentType, Header.replaces, Header.join, Header.maxBreadth, Header.event]) IS_SINGLE[id] = 1;

const LOWER: readonly Uint8Array[] = HEADER_NAMES.map((name) => ascii(name.toLowerCase()));
const COMPACT = new Uint8Array(256);
const COMPACT_FORMS: readonly (readonly [string, Header])[] = [
  ["v", Header.via],
  ["f", Header.from],
  ["t", Header.to],
  ["i", Header.callId],
  ["m", Header.contact],
  ["l", Header.contentLength],
  ["c", Header.contentType],
  ["e", Header.contentEncoding],
  ["k", Header.supported],
  ["s", Header.subject],
  ["o", Header.event],
  ["r", Header.referTo],
  ["x", Header.sessionExpires],
];
for (const [letter, id] of COMPACT_FORMS) {
  COMPACT[letter.charCodeAt(0)] = id;
  COMPACT[letter.toUpperCase().charCodeAt(0)] = id;
}

/** The header named by `start..end`: any case, compact forms; `other` when it is not in the table. */
export function headerOf(bytes: Uint8Array, start: number, end: number): Header {
  const length = end - start;
  if (length === 1) return COMPACT[bytes[start]!]! as Header;
  const first = bytes[start]! | 0x20;
  for (let id = 1; id < HEADER_COUNT; id++) {
    const name = LOWER[id]!;
    if (name.length === length && name[0] === first && equalsIgnoreCase(bytes, start, end, name)) return id as Header;
  }
  return Header.other;
}

// The quick way: a table by the first four bytes of "Name:", then the words of the name up to and including the colon.
const WORDS = 4;
/** Longest name, with its colon, that the quick way knows. */
export const QUICK_BYTES: number = WORDS * 4;
const NAME_WORDS = new Int32Array(HEADER_COUNT * WORDS);
const LAST_MASK = new Int32Array(HEADER_COUNT);
const LAST_WORD = new Uint8Array(HEADER_COUNT);
/** Bytes of each name, in its usual spelling. */
export const NAME_LENGTH: Uint8Array = Uint8Array.from(HEADER_NAMES, (name) => name.length);
const BY_START = new Uint8Array(256);
/** The next name with the same start. */
const NEXT = new Uint8Array(HEADER_COUNT);
const TO_COLON = 0x3a6f54;

function slotOf(word: number): number {
  return Math.imul(word, 0x9e3779b1) >>> 24;
}

for (let id = HEADER_COUNT - 1; id > 0; id--) {
  const text = `${HEADER_NAMES[id]!}:`;
  if (text.length > QUICK_BYTES || text.length < 4) continue;
  const padded = new DataView(new ArrayBuffer(QUICK_BYTES));
  for (let i = 0; i < text.length; i++) padded.setUint8(i, text.charCodeAt(i));
  for (let word = 0; word < WORDS; word++) NAME_WORDS[id * WORDS + word] = padded.getInt32(word * 4, true);
  LAST_WORD[id] = (text.length - 1) >> 2;
  LAST_MASK[id] = -1 >>> ((3 - ((text.length - 1) & 3)) * 8);
  const slot = slotOf(NAME_WORDS[id * WORDS]!);
  NEXT[id] = BY_START[slot]!;
  BY_START[slot] = id;
}

/**
 * The header whose usual spelling, followed directly by a colon, stands at `at`; `other` when it is unknown or spelled
 * differently (ask `headerOf` then). Reads `QUICK_BYTES` bytes.
 */
export function quickHeader(view: DataView, at: number): Header {
  const first = view.getInt32(at, true);
  if ((first & 0xffffff) === TO_COLON) return Header.to;
  for (let id = BY_START[slotOf(first)]!; id !== 0; id = NEXT[id]!) {
    const base = id * WORDS;
    const last = LAST_WORD[id]!;
    let word = 0;
    while (word < last && view.getInt32(at + word * 4, true) === NAME_WORDS[base + word]!) word++;
    if (word === last && ((view.getInt32(at + last * 4, true) ^ NAME_WORDS[base + last]!) & LAST_MASK[id]!) === 0)
      return id as Header;
  }
  return Header.other;
}

/** Offset of the first byte that cannot stand in a header name. */
export function skipName(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (CLASS[bytes[at]!]! & Class.token) !== 0) at++;
  return at;
}
