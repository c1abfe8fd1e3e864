// Walking through header lines by name, for headers that have no number of their own.
import { Header, headerOf, isNamed } from "../sip/header.ts";
import type { Message } from "../sip/message.ts";

const COLON = 0x3a;

/** Where the header line that begins at `at` ends: behind its line end, and behind those of the lines folded into it. */
export function lineEndAt({ bytes, end }: Message, at: number): number {
  let lineEnd = at;
  do {
    while (lineEnd < end && bytes[lineEnd] !== 0x0a) lineEnd++;
    lineEnd++;
  } while (lineEnd < end && (bytes[lineEnd] === 0x20 || bytes[lineEnd] === 0x09));
  return lineEnd;
}

/** Where the name of the header line `at..lineEnd` ends, blanks before the colon left aside. */
export function nameEndAt(bytes: Uint8Array, at: number, lineEnd: number): number {
  let colon = at;
  while (colon < lineEnd && bytes[colon] !== COLON) colon++;
  let nameEnd = colon;
  while (nameEnd > at && bytes[nameEnd - 1]! <= 0x20) nameEnd--;
  return nameEnd;
}

/**
 * Where the first header line of this name (in lower case) begins, at `from`, where a line begins, or behind it; -1: there is none.
 * `known`: the name's number, or `Header.other`.
 */
export function findLine(message: Message, from: number, name: Uint8Array, known: Header): number {
  const { bytes } = message;
  for (let at = from; at < message.bodyStart; ) {
    const lineEnd = lineEndAt(message, at);
    const nameEnd = nameEndAt(bytes, at, lineEnd);
    if (known === Header.other ? isNamed(bytes, at, nameEnd, name) : headerOf(bytes, at, nameEnd) === known) return at;
    at = lineEnd;
  }
  return -1;
}
