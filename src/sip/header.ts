// Header fields as numbers. A name is recognised in its usual spelling by comparing words, in any other (case, compact
// form) by comparing bytes; names that are not in the table are `other` and travel unchanged.
import { ascii, CLASS, Class, equalsIgnoreCase } from "./scan.ts";

// Constants of our own: see CLASS.
const CLASSES = CLASS;
const TOKEN = Class.token;

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

/** Compact forms of headers that have no number: each letter's name in lower case, in both cases of the letter. */
const COMPACT_NAMES: readonly (Uint8Array | undefined)[] = compactNames([
  ["a", "accept-contact"],
  ["b", "referred-by"],
  ["d", "request-disposition"],
  ["j", "reject-contact"],
  ["n", "identity-info"],
  ["u", "allow-events"],
  ["y", "identity"],
]);

function compactNames(forms: readonly (readonly [string, string])[]): (Uint8Array | undefined)[] {
  const names = new Array<Uint8Array | undefined>(256).fill(undefined);
  for (const [letter, name] of forms)
    for (const each of [letter, letter.toUpperCase()]) names[each.charCodeAt(0)] = ascii(name);
  return names;
}

/** Whether `start..end` names the header `name` (in lower case), one without a number: any case, either of them in compact form. */
export function isNamed(bytes: Uint8Array, start: number, end: number, name: Uint8Array): boolean {
  if (equalsIgnoreCase(bytes, start, end, name)) return true;
  const long = end - start === 1 ? COMPACT_NAMES[bytes[start]!] : undefined;
  if (long !== undefined) return equalsIgnoreCase(long, 0, long.length, name);
  const wanted = name.length === 1 ? COMPACT_NAMES[name[0]!] : undefined;
  return wanted !== undefined && equalsIgnoreCase(bytes, start, end, wanted);
}

// The quick way: a table by the first four bytes of "Name:", then the words of the name up to and including the colon.
const WORDS = 4;
/** Longest name, with its colon, that the quick way knows. */
export const QUICK_BYTES: number = WORDS * 4;
/** Bytes of each name, in its usual spelling. */
export const NAME_LENGTH: Uint8Array = Uint8Array.from(HEADER_NAMES, (name) => name.length);
/** A row per name: its first word, then word and mask of the other three, and the next name with the same start. */
const ROW = 8;
const ROW_NEXT = 7;
const NAMES = new Int32Array(HEADER_COUNT * ROW);
const BY_START = new Uint8Array(256);
const TO_COLON = 0x3a6f54;

function slotOf(word: number): number {
  return Math.imul(word, 0x9e3779b1) >>> 24;
}

for (let id = HEADER_COUNT - 1; id > 0; id--) {
  const text = `${HEADER_NAMES[id]!}:`;
  if (text.length > QUICK_BYTES || text.length < 4) continue;
  const name = new DataView(new ArrayBuffer(QUICK_BYTES));
  const mask = new DataView(new ArrayBuffer(QUICK_BYTES));
  for (let i = 0; i < text.length; i++) {
    name.setUint8(i, text.charCodeAt(i));
    mask.setUint8(i, 255);
  }
  const row = id * ROW;
  NAMES[row] = name.getInt32(0, true);
  for (let word = 1; word < WORDS; word++) {
    NAMES[row + word * 2 - 1] = name.getInt32(word * 4, true);
    NAMES[row + word * 2] = mask.getInt32(word * 4, true);
  }
  const slot = slotOf(NAMES[row]!);
  NAMES[row + ROW_NEXT] = BY_START[slot]!;
  BY_START[slot] = id;
}

/**
 * The header whose usual spelling, followed directly by a colon, stands at `at`; `other` when it is unknown or spelled
 * differently (ask `headerOf` then). Reads `QUICK_BYTES` bytes.
 */
export function quickHeader(view: DataView, at: number): Header {
  const first = view.getInt32(at, true);
  if ((first & 0xffffff) === TO_COLON) return Header.to;
  for (let id = BY_START[slotOf(first)]!; id !== 0; id = NAMES[id * ROW + ROW_NEXT]!) {
    const row = id * ROW;
    if (first !== NAMES[row]) continue;
    const second = (view.getInt32(at + 4, true) ^ NAMES[row + 1]!) & NAMES[row + 2]!;
    const third = (view.getInt32(at + 8, true) ^ NAMES[row + 3]!) & NAMES[row + 4]!;
    const fourth = (view.getInt32(at + 12, true) ^ NAMES[row + 5]!) & NAMES[row + 6]!;
    if ((second | third | fourth) === 0) return id as Header;
  }
  return Header.other;
}

/** Offset of the first byte that cannot stand in a header name. */
export function skipName(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (CLASSES[bytes[at]!]! & TOKEN) !== 0) at++;
  return at;
}
