// What a datagram is at a glance: its first bytes and its To line. For when there is no time even to read it.
import { findControl } from "../sip/scan.ts";

/** What the glance saw. `other` goes the usual way, whatever it is. */
export const Seen = { other: 0, request: 1, call: 2 } as const;
export type Seen = (typeof Seen)[keyof typeof Seen];

const word = (text: string): number => Buffer.from(text, "latin1").readInt32LE(0);
const INVI = word("INVI");
/** What begins nothing: the same as in net/steering.ts, and CANCEL, which ends work. */
const SIP = word("SIP/");
const ACK = word("ACK ");
const BYE = word("BYE ");
const PRAC = word("PRAC");
const UPDA = word("UPDA");
const CANC = word("CANC");
/** Longest part of a message that is looked at. */
const MOST = 4096;
const LF = 0x0a;
const CR = 0x0d;

/** Where a message begins: behind the line ends in front of it (RFC 3261 7.5), however many and of whichever kind. */
export function afterLineEnds(view: DataView, start: number, end: number): number {
  let at = start;
  while (at < end && (view.getUint8(at) === CR || view.getUint8(at) === LF)) at++;
  return at;
}

/**
 * Whether `start..end` is a request that begins something, for certain: a call or anything else, by whichever method. Not one whose To
 * line has a tag, or may have one; nor one without a To line.
 */
export function glance(view: DataView, start: number, end: number): Seen {
  if (end - start < 64) return Seen.other;
  const first = view.getInt32(start, true);
  const isCall = first === INVI;
  if (first === SIP || first === ACK || first === BYE || first === PRAC || first === UPDA || first === CANC)
    return Seen.other;
  const last = Math.min(end, start + MOST);
  for (let at = start; ; ) {
    at = findControl(view, at, last);
    if (at + 4 >= last) return Seen.other;
    if (view.getUint8(at) === CR && view.getUint8(at + 1) === LF) at++;
    else if (view.getUint8(at) !== LF) {
      at++;
      continue;
    }
    at++;
    const byte = view.getUint8(at);
    // The header section ends without a To line.
    if (byte === CR || byte === LF) return Seen.other;
    if ((byte | 0x20) !== 0x74) continue;
    const second = view.getUint8(at + 1) | 0x20;
    const third = view.getUint8(at + 2);
    // "To:", "To :", "t:", "t :"; a colon has 0x20 set as it is, and so has a space.
    if (second === 0x6f ? third !== 0x3a && third !== 0x20 : second !== 0x3a && second !== 0x20) continue;
    if (mayHaveTag(view, at, last)) return Seen.other;
    return isCall ? Seen.call : Seen.request;
  }
}

/** Whether "tag" stands anywhere in the line, or the line is not to be seen to its end. */
function mayHaveTag(view: DataView, start: number, last: number): boolean {
  const end = findControl(view, start, last);
  if (end + 2 >= last || view.getUint8(end) !== CR || view.getUint8(end + 1) !== LF) return true;
  // Folded: the tag may be in the next line.
  const next = view.getUint8(end + 2);
  if (next === 0x20 || next === 9) return true;
  for (let at = start; at + 2 < end; at++) {
    if (
      (view.getUint8(at + 2) | 0x20) === 0x67 &&
      (view.getUint8(at + 1) | 0x20) === 0x61 &&
      (view.getUint8(at) | 0x20) === 0x74
    )
      return true;
  }
  return false;
}
