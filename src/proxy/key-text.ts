// The text of a key expression for the request at hand, put together in a buffer that stays.
import { headersIn, isHostAlone, type KeyExpression, KeyField, type KeyPart } from "../bridge/key-expression.ts";
import { type Automaton, accepts } from "../dispatch/automaton.ts";
import { coreHashTrimmed } from "../dispatch/core-hash.ts";
import { isV4 } from "../net/endpoint.ts";
import type { Edits } from "../sip/edits.ts";
import { Header, headerOf } from "../sip/header.ts";
import { authUser, findAuthUser } from "./auth-user.ts";
import type { Context } from "./context.ts";
import { escapedAt, PLAIN, PLAIN_IN_PARAM, PLAIN_IN_USER } from "./escape.ts";
import { findLine, lineEndAt } from "./header-lines.ts";
import { splitUri, uriParts } from "./key.ts";
import { isWithheld } from "./trust.ts";
import { unfold } from "./unfold.ts";
import { findTransport, schemeOf, transportPart } from "./uri-kind.ts";

const COLON = 0x3a;
const DOT = 0x2e;
/** Longest text of a key or a header that is written; what is longer is cut. */
const LONGEST = 4096;
/** Longest text that is looked at: whatever fits into a message, so that nothing is hidden behind what is long. */
const MOST = 65_536;
const text = Buffer.alloc(MOST + 64);
let most = LONGEST;
let length = 0;
/** From where on the header's line is looked for; 0: the first one of its name. */
let lineFrom = 0;
/** Behind the header's line that was written; -1: there was none. */
let lineBehind = -1;
/** Whether URIs are written as they are compared, without needless escapes; keys are of URIs as they stand there. */
let isCompared = false;

/** The core hash of the text, blanks around it taken off; 0 when it is empty. */
export function hashExpression(c: Context, expression: KeyExpression): number {
  write(c, expression);
  const start = trim();
  return start === length ? 0 : coreHashTrimmed(text, start, length);
}

/**
 * Whether the text, blanks around it taken off, is one that `automaton` accepts; of one header, whether that of any of its lines is.
 * What is not there is an empty text; a folded line is what it is unfolded, with one blank at each fold (RFC 3261 7.3.1). URIs are
 * without needless escapes, and a host by itself is in small letters without a last dot (RFC 3261 19.1.4); a transport is in small letters,
 * also the one that stands for none.
 */
export function isAccepted(c: Context, expression: KeyExpression, automaton: Automaton): boolean {
  const hasLines = headersIn(expression) === 1;
  isCompared = true;
  most = MOST;
  lineFrom = 0;
  let is = false;
  do {
    lineBehind = -1;
    write(c, expression);
    if (lineBehind < 0 && lineFrom > 0) break;
    is = isTextAccepted(expression, automaton);
    lineFrom = lineBehind;
  } while (!is && hasLines && lineFrom > 0);
  isCompared = false;
  most = LONGEST;
  lineFrom = 0;
  return is;
}

function isTextAccepted(expression: KeyExpression, automaton: Automaton): boolean {
  length = unfold(text, length);
  if (isHostAlone(expression)) foldHost();
  const start = trim();
  return accepts(automaton, text, start, length);
}

/** Takes blanks off the end; returns where those at the beginning end. */
function trim(): number {
  while (length > 0 && text[length - 1]! <= 0x20) length--;
  let start = 0;
  while (start < length && text[start]! <= 0x20) start++;
  return start;
}

function toSmall(from: number): void {
  for (let at = from; at < length; at++) if (text[at]! >= 0x41 && text[at]! <= 0x5a) text[at] = text[at]! | 0x20;
}

/** Adds the text to `edits`; control characters, such as the line ends of folded headers, become blanks. */
export function writeText(c: Context, expression: KeyExpression, edits: Edits): void {
  write(c, expression);
  for (let at = 0; at < length; at++) if (text[at]! < 0x20 || text[at] === 0x7f) text[at] = 0x20;
  edits.text(text, 0, length);
}

/** The text itself, for `explain`. */
export function expressionText(c: Context, expression: KeyExpression): string {
  write(c, expression);
  return text.toString("utf8", 0, length);
}

/** In small letters, and without the dot that ends a name from the root. */
function foldHost(): void {
  toSmall(0);
  if (length > 1 && text[length - 1] === DOT) length--;
}

function write(c: Context, { parts }: KeyExpression): void {
  length = 0;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    const before = length;
    writePart(c, part);
    if (length > before) continue;
    putAll(part.ifNone);
    if (isCompared) toSmall(before);
  }
}

function writePart(c: Context, part: KeyPart): void {
  const { message } = c;
  switch (part.field) {
    case KeyField.text:
      putAll(part.text);
      break;
    case KeyField.callId:
      put(message.bytes, message.callIdStart, message.callIdEnd);
      break;
    case KeyField.method:
      put(message.bytes, message.methodStart, message.methodEnd);
      break;
    case KeyField.from:
    case KeyField.fromUser:
    case KeyField.fromHost:
      if (message.parseFrom()) putUri(c, message.from.uriStart, message.from.uriEnd, part.field - KeyField.from);
      break;
    case KeyField.to:
    case KeyField.toUser:
    case KeyField.toHost:
      if (message.parseTo()) putUri(c, message.to.uriStart, message.to.uriEnd, part.field - KeyField.to);
      break;
    case KeyField.requestUri:
    case KeyField.requestUser:
    case KeyField.requestHost:
      putUri(c, message.uriStart, message.uriEnd, part.field - KeyField.requestUri);
      break;
    case KeyField.requestPort:
      if (c.uri.reset(message.bytes, message.uriStart, message.uriEnd) && c.uri.port > 0) putNumber(c.uri.port, 10);
      break;
    case KeyField.requestScheme:
      putAll(schemeOf(message.bytes, message.uriStart, message.uriEnd));
      break;
    case KeyField.requestTransport:
      if (findTransport(message.bytes, message.uriStart, message.uriEnd)) putTransport(message.bytes);
      break;
    case KeyField.requestParam:
      putParam(c, message.uriStart, message.uriEnd, part.text);
      break;
    case KeyField.fromParam:
      if (message.parseFrom()) putParam(c, message.from.uriStart, message.from.uriEnd, part.text);
      break;
    case KeyField.toParam:
      if (message.parseTo()) putParam(c, message.to.uriStart, message.to.uriEnd, part.text);
      break;
    case KeyField.source:
      putAddress(c.peer);
      break;
    case KeyField.sourcePort:
      putNumber(c.peer[4]!, 10);
      break;
    case KeyField.listener:
    case KeyField.listenerHost:
    case KeyField.listenerPort:
      putListener(c, part.field);
      break;
    case KeyField.fromTag:
      if (message.parseFrom()) put(message.bytes, message.from.tagStart, message.from.tagEnd);
      break;
    case KeyField.cseq:
      if (message.cseq >= 0) putNumber(message.cseq, 10);
      break;
    case KeyField.header:
      putHeader(c, part.text);
      break;
    case KeyField.authUser:
      if (findAuthUser(message)) put(message.bytes, authUser.start, authUser.end);
  }
}

/** Address and port that it came to, or one of them. */
function putListener(c: Context, which: number): void {
  const listener = c.adopted.listeners[c.listener]!;
  if (which !== KeyField.listenerPort) putAddress(listener.entry.isWildcard ? c.local : listener.bound);
  if (which === KeyField.listener) putByte(COLON);
  if (which !== KeyField.listenerHost) putNumber(listener.port, 10);
}

/** All of a URI (0), its user (1) or its host (2). */
function putUri(c: Context, start: number, end: number, which: number): void {
  const { bytes } = c.message;
  if (which === 0) {
    putPart(bytes, start, end, PLAIN);
    return;
  }
  splitUri(bytes, start, end);
  if (which === 1) putPart(bytes, uriParts.userStart, uriParts.userEnd, PLAIN_IN_USER);
  else put(bytes, uriParts.hostStart, uriParts.hostEnd);
}

/** The value of a URI parameter; one without a value is there by its name. */
function putParam(c: Context, start: number, end: number, name: Uint8Array): void {
  const { uri, message } = c;
  if (!uri.reset(message.bytes, start, end) || !uri.findParam(name)) return;
  if (uri.paramValueStart >= 0) putPart(message.bytes, uri.paramValueStart, uri.paramValueEnd, PLAIN_IN_PARAM);
  else putAll(name);
}

/** Part of a URI; where it is compared, without escapes of the bytes that are `plain` there. */
function putPart(bytes: Uint8Array, start: number, end: number, plain: Uint8Array): void {
  if (!isCompared) {
    put(bytes, start, end);
    return;
  }
  for (let at = start; at < end; at++) {
    const escaped = escapedAt(bytes, at, end, plain);
    putByte(escaped < 0 ? bytes[at]! : escaped);
    if (escaped >= 0) at += 2;
  }
}

/** As it is written; where it is compared, in small letters (RFC 3261 19.1.4). */
function putTransport(bytes: Uint8Array): void {
  const before = length;
  put(bytes, transportPart.start, transportPart.end);
  if (isCompared) toSmall(before);
}

function putHeader(c: Context, name: Uint8Array): void {
  const { message } = c;
  const { bytes } = message;
  const known = headerOf(name, 0, name.length);
  if (isWithheld(c, name, known)) return;
  if (known !== Header.other && (lineFrom === 0 || message.count[known]! < 2)) {
    if (message.count[known] === 0 || lineFrom > 0) return;
    lineBehind = message.lineEnd[known]!;
    put(bytes, message.valueStart[known]!, message.valueEnd[known]!);
    return;
  }
  const at = findLine(message, lineFrom === 0 ? message.headersStart : lineFrom, name, known);
  if (at < 0) return;
  lineBehind = lineEndAt(message, at);
  putTrimmed(bytes, bytes.indexOf(COLON, at) + 1, lineBehind);
}

function putTrimmed(bytes: Uint8Array, start: number, end: number): void {
  let from = start;
  let to = Math.min(end, bytes.length);
  while (from < to && bytes[from]! <= 0x20) from++;
  while (to > from && bytes[to - 1]! <= 0x20) to--;
  put(bytes, from, to);
}

/** `10.0.0.1`, or `2001:db8:0:0:0:0:0:1` as Kamailio spells it. */
function putAddress(words: Int32Array): void {
  if (isV4(words, 0)) {
    for (let shift = 24; shift >= 0; shift -= 8) {
      putNumber((words[3]! >>> shift) & 255, 10);
      if (shift > 0) putByte(DOT);
    }
    return;
  }
  for (let i = 0; i < 8; i++) {
    if (i > 0) putByte(COLON);
    putNumber((words[i >> 1]! >>> (i % 2 === 0 ? 16 : 0)) & 0xffff, 16);
  }
}

function putNumber(value: number, base: number): void {
  let divisor = 1;
  while (Math.floor(value / divisor) >= base) divisor *= base;
  for (; divisor >= 1; divisor /= base) {
    const digit = Math.floor(value / divisor) % base;
    putByte(digit < 10 ? 0x30 + digit : 0x57 + digit);
  }
}

function putByte(byte: number): void {
  if (length < most) text[length++] = byte;
}

function putAll(bytes: Uint8Array): void {
  put(bytes, 0, bytes.length);
}

function put(bytes: Uint8Array, start: number, end: number): void {
  if (start < 0) return;
  const last = Math.min(end, start + most - length);
  for (let at = start; at < last; at++) text[length++] = bytes[at]!;
}
