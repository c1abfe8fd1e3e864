// A destination answered 503 with Retry-After: it gets no new requests for so long (RFC 3261 21.5.4). Only asked about
// responses that carry a branch of ours, so nobody else can put it to rest.
import { RecordKind } from "../bridge/handoff.ts";
import { DestinationColumn } from "../bridge/snapshot.ts";
import { Header } from "../sip/header.ts";
import { CLASS, Class, parseDecimal, skipClass } from "../sip/scan.ts";
import { type Context, Tally } from "./context.ts";

/** A day and more: whatever is longer is capped anyway. */
const LONGEST_S = 100_000;
const nobody = new Int32Array(6);
const nothing = Buffer.alloc(0);

/** The response at hand is a 503 of the destination in `slot`; -1: of none. */
export function restIfAsked(c: Context, slot: number): void {
  const start = c.message.valueStart[Header.retryAfter]!;
  if (slot < 0 || start < 0) return;
  const set = c.adopted.sets[c.adopted.snapshot.destinations[c.adopted.row(slot) + DestinationColumn.set]!];
  const time = set === undefined ? 0 : Math.min(secondsAt(c, start) * 1000, set.failover.retryAfterCap);
  if (set === undefined || time <= 0 || c.live.isResting(slot)) return;
  // One caller's 503 must not silence a whole set: whoever is left goes on.
  if (!hasOtherUsable(c, set.dispatch.slots, slot)) return;
  // Main has to know first: the mark is taken away by it alone.
  if (!c.toMain.push(RecordKind.resting, slot, time, nobody, 0, nobody, 0, nothing, 0, 0)) return;
  c.live.rest(slot);
  c.tally(slot, Tally.rests);
}

function hasOtherUsable(c: Context, slots: Uint16Array, slot: number): boolean {
  for (let i = 0; i < slots.length; i++) if (slots[i] !== slot && c.live.isUsable(slots[i]!)) return true;
  return false;
}

/** Delta-seconds, which a comment or parameters may follow; 0 when there are none. */
function secondsAt(c: Context, start: number): number {
  const { bytes, valueEnd } = c.message;
  const end = valueEnd[Header.retryAfter]!;
  const digits = skipClass(bytes, start, end, Class.digit);
  if (digits === start) return 0;
  if (digits < end && (CLASS[bytes[digits]!]! & Class.space) === 0 && bytes[digits] !== 0x3b && bytes[digits] !== 0x28)
    return 0;
  const seconds = parseDecimal(bytes, start, digits, LONGEST_S);
  return seconds < 0 ? LONGEST_S : seconds;
}
