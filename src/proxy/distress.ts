// Measured overload: how full the queues are that lead to a worker. What begins something is refused in the order of this
// table, ever more of it the fuller they get, so that whatever belongs to a dialog finds room. Nothing is averaged and nothing
// remembered: when the queue is shorter, more is taken.
import { Method } from "../sip/method.ts";
import type { Context } from "./context.ts";
import { isEmergencyAtAGlance } from "./emergency.ts";
import { afterLineEnds, glance, Seen } from "./glance.ts";
import { isTrustedAddress } from "./trust.ts";

/**
 * Fill (of 255) from which on some are refused; RAMP further on all are. All strangers are by four fifths: the rest is for what
 * comes while the system lets others have the core.
 */
const START = {
  /** Strangers, 503: REGISTER and the like; calls. */
  requests: 80,
  calls: 104,
  /** Strangers, dropped unread. */
  unreadRequests: 112,
  unreadCalls: 136,
  /** Whom we trust, 503. */
  trusted: 192,
} as const;
/** A quarter of the queue. */
const RAMP_SHIFT = 6;
/** Below this nothing is refused. */
export const CALM: number = START.requests;
/** Below this everything is read. */
export const READS_ALL: number = START.unreadRequests;
/**
 * What counts at most of a queue in which nothing waits but what is new, for a call that has a place in the budget: a quarter of
 * such calls is read. Without that, more copies than can be read would keep such a queue full, and no call would be taken any more.
 */
export const READS_SOME_CALLS: number = START.unreadCalls + 48;

/** How full the queues are on the way by which the request at hand came; a stream worker that is late counts as one. */
export function pressureOn(c: Context): number {
  return c.streamFill > c.fill && c.adopted.listeners[c.listener]!.isStream ? c.streamFill : c.fill;
}

/** Whether the request at hand, which begins something, is refused because of the queues. */
export function isTooMuch(c: Context, isTrusted: boolean): boolean {
  const pressure = pressureOn(c);
  if (pressure <= CALM) return false;
  // Strangers who flood one listener take nothing from those whom we trust and who come by another.
  if (isTrusted) {
    const own = c.adopted.listeners[c.listener]!.isStream ? c.streamFill : c.fills[c.listener]!;
    return isHit(c, Math.max(own, c.ringFill), START.trusted);
  }
  return isHit(c, pressure, c.message.method === Method.INVITE ? START.calls : START.requests);
}

/**
 * Whether the datagram that has just come is to be forgotten unread. A copy of a call that was taken may be among them: its
 * transaction sends what the caller needs by its own timers. `isHopeless`: a stranger's call would get no answer anyway;
 * `fill`: what counts as fill for a call.
 */
export function isLeftUnread(
  c: Context,
  view: DataView,
  bytes: Buffer,
  start: number,
  end: number,
  listener: number,
  peer: Int32Array,
  peerAt: number,
  isHopeless: boolean,
  fill: number,
): boolean {
  const from = afterLineEnds(view, start, end);
  const seen = glance(view, from, end);
  if (seen === Seen.other) return false;
  if (seen === Seen.call) {
    if (!isHopeless && !isHit(c, fill, START.unreadCalls)) return false;
  } else if (!isHit(c, c.fill, START.unreadRequests)) return false;
  if (isTrustedAddress(c, listener, peer, peerAt)) return false;
  return seen !== Seen.call || !isEmergencyAtAGlance(c, bytes, from, end);
}

function isHit(c: Context, fill: number, start: number): boolean {
  if (fill <= start) return false;
  return c.live.random() >>> (32 - RAMP_SHIFT) < fill - start;
}
