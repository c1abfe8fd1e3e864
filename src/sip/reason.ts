// Why a message is not passed on. Each reason has the answer that a request gets and the counter that it raises; nothing
// about a malformed packet is logged or thrown.
import { ascii } from "./scan.ts";

/** What to do about a message, and how to count it. */
export interface ReasonEntry {
  /** Response code for a request; 0: drop silently. Responses and ACKs are never answered. */
  readonly status: number;
  /** Reason phrase of the answer. */
  readonly phrase: string;
  /** The same as bytes. */
  readonly phraseBytes: Uint8Array;
  /** Counter label: a short name in snake case. */
  readonly counter: string;
}

/** Reasons by name. 0 means that nothing is wrong. */
export const Reason = {
  ok: 0,
  /** Nothing but line ends, or nothing at all (RFC 5626 3.5.1). */
  keepalive: 1,
  /** Nothing but NULs: another kind of keep-alive. */
  nulKeepalive: 2,
  stun: 3,
  notSip: 4,
  badRequestLine: 5,
  badStatusLine: 6,
  badStatus: 7,
  versionNotSupported: 8,
  bareLineEnd: 9,
  nulInHeader: 10,
  badHeaderLine: 11,
  badFolding: 12,
  noTerminator: 13,
  tooManyHeaders: 14,
  repeatedHeader: 15,
  badContentLength: 16,
  shortBody: 17,
  badCseq: 18,
  badCallId: 19,
  badMaxForwards: 20,
  badVia: 21,
  missingVia: 22,
  missingFrom: 23,
  missingTo: 24,
  missingCallId: 25,
  missingCseq: 26,
  methodMismatch: 27,
  unknownMethodMismatch: 28,
  badRequestUri: 29,
  unknownScheme: 30,
  secureScheme: 31,
  badHost: 32,
  badFrom: 33,
  badTo: 34,
  badContact: 35,
  badRoute: 36,
  badExtension: 37,
  escapedHeaders: 38,
  badMaxBreadth: 39,
  /** Only the proxy decides these; they stand here so that every answer comes from one table. */
  tooManyHops: 40,
  loopDetected: 41,
  maxBreadthExceeded: 42,
  tooLarge: 43,
  headersTooLong: 44,
  /** More Route values than a path has hops. */
  tooManyRoutes: 45,
  /** More header lines than the configuration allows. */
  tooManyLines: 46,
  tooManyVias: 47,
  uriTooLong: 48,
} as const;
export type Reason = (typeof Reason)[keyof typeof Reason];

function entry(status: number, phrase: string, counter: string): ReasonEntry {
  return { status, phrase, phraseBytes: ascii(phrase), counter };
}

/** The reasons by number. */
export const REASONS: readonly ReasonEntry[] = [
  entry(0, "", "ok"),
  entry(0, "", "keepalive"),
  entry(0, "", "nul_keepalive"),
  entry(0, "", "stun"),
  entry(0, "", "not_sip"),
  entry(400, "Malformed Request-Line", "bad_request_line"),
  entry(0, "", "bad_status_line"),
  entry(0, "", "bad_status"),
  entry(505, "Version Not Supported", "version_not_supported"),
  entry(400, "Bare CR or LF", "bare_line_end"),
  entry(400, "NUL in Header", "nul_in_header"),
  entry(400, "Malformed Header Line", "bad_header_line"),
  entry(400, "Malformed Folding", "bad_folding"),
  entry(400, "Headers Not Terminated", "no_terminator"),
  entry(513, "Too Many Header Lines", "too_many_headers"),
  entry(400, "Repeated Header Field", "repeated_header"),
  entry(400, "Malformed Content-Length", "bad_content_length"),
  entry(400, "Body Shorter Than Content-Length", "short_body"),
  entry(400, "Malformed CSeq", "bad_cseq"),
  entry(400, "Malformed Call-ID", "bad_call_id"),
  entry(400, "Malformed Max-Forwards", "bad_max_forwards"),
  entry(400, "Malformed Via", "bad_via"),
  entry(0, "", "missing_via"),
  entry(400, "Missing From", "missing_from"),
  entry(400, "Missing To", "missing_to"),
  entry(400, "Missing Call-ID", "missing_call_id"),
  entry(400, "Missing CSeq", "missing_cseq"),
  entry(400, "CSeq Method Mismatch", "method_mismatch"),
  entry(501, "Not Implemented", "unknown_method_mismatch"),
  entry(400, "Malformed Request-URI", "bad_request_uri"),
  entry(416, "Unsupported URI Scheme", "unknown_scheme"),
  entry(416, "Unsupported URI Scheme", "secure_scheme"),
  entry(404, "Not Found", "bad_host"),
  entry(400, "Malformed From", "bad_from"),
  entry(400, "Malformed To", "bad_to"),
  entry(400, "Malformed Contact", "bad_contact"),
  entry(400, "Malformed Route", "bad_route"),
  entry(420, "Bad Extension", "bad_extension"),
  entry(400, "Headers in Request-URI", "escaped_headers"),
  entry(400, "Malformed Max-Breadth", "bad_max_breadth"),
  entry(483, "Too Many Hops", "too_many_hops"),
  entry(482, "Loop Detected", "loop_detected"),
  entry(440, "Max-Breadth Exceeded", "max_breadth_exceeded"),
  entry(513, "Message Too Large", "too_large"),
  entry(400, "Headers Too Long", "headers_too_long"),
  entry(400, "Too Many Route Values", "too_many_routes"),
  entry(513, "Too Many Header Lines", "too_many_lines"),
  entry(400, "Too Many Via Values", "too_many_vias"),
  entry(414, "Request-URI Too Long", "uri_too_long"),
];
