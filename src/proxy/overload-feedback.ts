// Overload control of destinations (RFC 7339): our Via asks for it, and the Via of their responses says which share of new
// requests a destination wants to be spared, and for how long. Only where the set's algorithm heeds it (Kamailio's 64).
import { DestinationColumn } from "../bridge/snapshot.ts";
import { Param } from "../sip/param.ts";
import { ascii, equalsIgnoreCase, parseDecimal } from "../sip/scan.ts";
import type { Context } from "./context.ts";

/** What our Via says behind its branch. */
export const ASKS_FOR_OVERLOAD: Uint8Array = ascii(';oc;oc-algo="loss"');
const OC = ascii("oc");
const OC_ALGO = ascii("oc-algo");
const OC_VALIDITY = ascii("oc-validity");
const OC_SEQ = ascii("oc-seq");
const LOSS = ascii('"loss"');
/** Milliseconds: where a response says none (RFC 7339 5.2), and the longest that is believed. */
const USUAL_VALIDITY = 500;
const LONGEST_VALIDITY = 3_600_000;
/** Twelve digits before the point (RFC 7339 4.4). */
const MOST_SEQUENCE = 999_999_999_999;
const SEMICOLON = 0x3b;
const DOT = 0x2e;
const param = new Param();

/** Whether requests to this destination ask how much it wants to be spared; slot -1: to none. */
export function asksForOverload(c: Context, slot: number): boolean {
  if (slot < 0) return false;
  const set = c.adopted.sets[c.adopted.snapshot.destinations[c.adopted.row(slot) + DestinationColumn.set]!];
  return set?.heedsOverload === true;
}

/** The response at hand came from the destination in `slot`: what its Via says of overload is remembered. */
export function noteOverload(c: Context, slot: number): void {
  if (!asksForOverload(c, slot)) return;
  const { bytes, topVia } = c.message;
  let rate = -1;
  let validity = USUAL_VALIDITY;
  let sequence = -1;
  for (let at = topVia.branchEnd; at >= 0 && at < topVia.end && bytes[at] === SEMICOLON; ) {
    at = param.next(bytes, at, topVia.end);
    if (at < 0) return;
    if (param.valueStart < 0) continue;
    if (param.is(bytes, OC)) rate = parseDecimal(bytes, param.valueStart, param.valueEnd, 100);
    else if (param.is(bytes, OC_VALIDITY))
      validity = parseDecimal(bytes, param.valueStart, param.valueEnd, LONGEST_VALIDITY);
    else if (param.is(bytes, OC_SEQ)) sequence = sequenceOf(bytes, param.valueStart, param.valueEnd);
    else if (param.is(bytes, OC_ALGO) && !equalsIgnoreCase(bytes, param.valueStart, param.valueEnd, LOSS)) return;
  }
  if (rate < 0 || validity < 0 || sequence < 0) return;
  const limits = c.adopted.snapshot.destinations[c.adopted.row(slot) + DestinationColumn.shed]!;
  const within = Math.min(Math.max(rate, limits & 0xff), limits >> 8);
  c.live.shed.now = (c.now + c.skew) | 0;
  // A validity of 0 ends it (RFC 7339 5.2), also for what was said before and comes late.
  if (validity === 0) c.live.shed.note(slot, 0, USUAL_VALIDITY, sequence | 0);
  else c.live.shed.note(slot, within, validity, sequence | 0);
}

/** `1282321615.782` in thousandths; -1: it is none. */
function sequenceOf(bytes: Uint8Array, start: number, end: number): number {
  let dot = start;
  while (dot < end && bytes[dot] !== DOT) dot++;
  const whole = parseDecimal(bytes, start, dot, MOST_SEQUENCE);
  if (whole < 0) return -1;
  let thousandths = 0;
  for (let i = 1; i <= 3; i++) {
    const digit = dot + i < end ? bytes[dot + i]! - 0x30 : 0;
    if (digit < 0 || digit > 9) return -1;
    thousandths = thousandths * 10 + digit;
  }
  return whole * 1000 + thousandths;
}
