// A SIP message as plain strings, for user agents: they build and read few messages, so clarity comes before speed. The
// data plane has its own view (sip/message.ts) that never copies.

/** One header field, name as it was spelled on the wire, value unfolded and trimmed. */
export interface HeaderField {
  readonly name: string;
  readonly value: string;
}

/** A SIP message, copied out of its datagram. Text is latin1, so every byte survives. */
export interface ParsedMessage {
  /** The datagram as it arrived, or as it was built. */
  readonly raw: Buffer;
  readonly isRequest: boolean;
  /** The request's method; for a response the method of its CSeq. */
  readonly method: string;
  /** Request URI; empty for a response. */
  readonly uri: string;
  /** Status code; 0 for a request. */
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly HeaderField[];
  readonly body: Buffer;
}

/** Compact header names (RFC 3261 7.3.3, RFC 3265, RFC 3515 and others). */
const COMPACT: Readonly<Record<string, string>> = {
  v: "via",
  f: "from",
  t: "to",
  i: "call-id",
  m: "contact",
  l: "content-length",
  c: "content-type",
  e: "content-encoding",
  k: "supported",
  s: "subject",
  o: "event",
  r: "refer-to",
  u: "allow-events",
};

/** Reads a datagram; null when it has no start line that SIP knows. Tolerant about everything else. */
export function parseMessage(raw: Buffer): ParsedMessage | null {
  const text = raw.toString("latin1");
  const begin = /^[\r\n]*/.exec(text)?.[0].length ?? 0;
  const blank = /\r?\n\r?\n/g;
  blank.lastIndex = begin;
  const end = blank.exec(text);
  const head = text.slice(begin, end?.index ?? text.length);
  const bodyStart = end === null ? raw.length : end.index + end[0].length;
  const [startLine = "", ...lines] = head.replace(/\r?\n[ \t]+/g, " ").split(/\r?\n/);
  const headers = lines.flatMap(parseField);
  const response = /^SIP\/2\.0\s+(\d{3})(?:\s(.*))?$/i.exec(startLine);
  const request = /^(\S+)\s+(.+?)\s+SIP\/2\.0\s*$/i.exec(startLine);
  if (response === null && request === null) return null;
  const length = headers.find((field) => canonicalName(field.name) === "content-length")?.value ?? "";
  const body = /^\d+$/.test(length) ? raw.subarray(bodyStart, bodyStart + Number(length)) : raw.subarray(bodyStart);
  const cseqMethod = headers.find((field) => canonicalName(field.name) === "cseq")?.value.split(/\s+/)[1] ?? "";
  return {
    raw,
    isRequest: response === null,
    method: request?.[1] ?? cseqMethod,
    uri: request?.[2] ?? "",
    status: Number(response?.[1] ?? 0),
    reason: response?.[2] ?? "",
    headers,
    body,
  };
}

function parseField(line: string): HeaderField[] {
  const colon = line.indexOf(":");
  return colon < 0 ? [] : [{ name: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() }];
}

function canonicalName(name: string): string {
  const lower = name.toLowerCase();
  return COMPACT[lower] ?? lower;
}

/** The first field of that name (any case, compact form or not); empty when absent. */
export function headerOf(message: ParsedMessage, name: string): string {
  const wanted = canonicalName(name);
  return message.headers.find((field) => canonicalName(field.name) === wanted)?.value ?? "";
}

/** Whether a field of that name is present. */
export function hasHeader(message: ParsedMessage, name: string): boolean {
  const wanted = canonicalName(name);
  return message.headers.some((field) => canonicalName(field.name) === wanted);
}

/** All values of a list header such as Via, Route or Contact, in order, comma lists taken apart. */
export function headerValues(message: ParsedMessage, name: string): string[] {
  const wanted = canonicalName(name);
  return message.headers
    .filter((field) => canonicalName(field.name) === wanted)
    .flatMap((field) => splitList(field.value));
}

function splitList(value: string): string[] {
  const parts = value.match(/(?:"(?:\\.|[^"\\])*"|<[^>]*>|[^,"<])+/g) ?? [];
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

/** The URI of a name-addr or addr-spec (`"Bob" <sip:b@h;x>;tag=1` gives `sip:b@h;x`). */
export function addressUri(value: string): string {
  const bracketed = /<([^>]*)>/.exec(value);
  return bracketed?.[1] ?? value.split(";")[0]!.trim();
}

/**
 * A parameter of a header value (after the angle brackets, where there are some) or of a bare URI: its value without
 * quotes, an empty string when it has none, null when it is absent.
 */
export function parameterOf(value: string, name: string): string | null {
  const outside = value.replace(/^\s*(?:"(?:\\.|[^"\\])*"\s*)?(?:[^<"]*<[^>]*>)?/, (match) =>
    match.includes("<") ? "" : match,
  );
  const found = new RegExp(`;\\s*${name}\\s*(?:=\\s*("[^"]*"|[^;,?\\s]+))?\\s*(?=[;,?]|$)`, "i").exec(outside);
  return found === null ? null : (found[1] ?? "").replace(/^"|"$/g, "");
}

/** Number and method of the CSeq header; number 0 when it is unreadable. */
export function cseqOf(message: ParsedMessage): { number: number; method: string } {
  const [number = "0", method = ""] = headerOf(message, "cseq").split(/\s+/);
  return { number: Number.parseInt(number, 10) || 0, method };
}

/** The To tag, or From tag; empty when there is none. */
export function tagOf(message: ParsedMessage, name: "to" | "from"): string {
  return parameterOf(headerOf(message, name), "tag") ?? "";
}
