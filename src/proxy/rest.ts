// A destination answered 503 with Retry-After: it gets no new requests for so long (RFC 3261 21.5.4). Only asked about
// responses that carry a branch of ours and come from it, so nobody else can put it to rest.
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
  const index = c.adopted.snapshot.destinations[c.adopted.row(slot) + DestinationColumn.set]!;
  const set = c.adopted.sets[index];
  const time = set === undefined ? 0 : Math.min(secondsAt(c, start) * 1000, set.failover.retryAfterCap);
  if (set === undefined || time <= 0 || c.live.isResting(slot)) return;
  // One caller's 503 must not silence a whole route, its own or another: whoever is left goes on.
  if (!hasOtherUsable(c, set.dispatch.slots, slot) && !isRelieved(c, index)) return;
  // Main has to know first: the mark is taken away by it alone.
  if (!c.toMain.push(RecordKind.resting, slot, time, nobody, 0, nobody, 0, nothing, 0, 0)) return;
  c.live.rest(slot);
  c.tally(slot, Tally.rests);
}

/**
 * The same where the request went without a transaction: through which set, nobody knows, so the server that the response at hand comes
 * from rests in each set that it is in.
 */
export function restServerIfAsked(c: Context): void {
  if (c.message.valueStart[Header.retryAfter]! < 0) return;
  const { adopted, peer } = c;
  const { transport } = adopted.listeners[c.listener]!;
  let slot = adopted.nextSlotAt(peer, 0, transport, -1);
  for (; slot >= 0; slot = adopted.nextSlotAt(peer, 0, transport, slot)) restIfAsked(c, slot);
}

/** Whether each route that leads to a set leads to another one, too, in which somebody is usable. */
function isRelieved(c: Context, set: number): boolean {
  const reliefs = c.adopted.reliefs[set];
  if (reliefs === undefined) return false;
  for (let i = 0; i < reliefs.length; i++) if (!isAnyUsable(c, reliefs[i]!)) return false;
  return true;
}

function isAnyUsable(c: Context, sets: readonly number[]): boolean {
  for (let i = 0; i < sets.length; i++)
    if (hasOtherUsable(c, c.adopted.sets[sets[i]!]!.dispatch.slots, -1)) return true;
  return false;
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
