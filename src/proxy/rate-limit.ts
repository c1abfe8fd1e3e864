// How much strangers may send: each source, and all of them together to one listener. Twice: unread, when there are many times
// more datagrams than requests are allowed; and read, when a request would be one too many.

import { inRanges } from "../bridge/address-ranges.ts";
import type { Rate, RateLimit } from "../bridge/rates.ts";
import { copyEndpoint, ENDPOINT_WORDS } from "../net/endpoint.ts";
import { Method } from "../sip/method.ts";
import { mayRefuse } from "./admission.ts";
import { type Context, Count } from "./context.ts";
import { isEmergency } from "./emergency.ts";
import { Moment } from "./source-table.ts";

const source = new Int32Array(ENDPOINT_WORDS);

/** Which limit is reached; the counter of the listener's is the one behind the source's. */
const Limit = { none: -1, source: 0, listener: 1 } as const;
type Limit = (typeof Limit)[keyof typeof Limit];

/** Whether the datagram from `peer[at]` that a listener has just received is to be dropped unread; then it is counted. */
export function isFlood(c: Context, listener: number, peer: Int32Array, at: number): boolean {
  if (c.adopted.slotAt(peer, at, c.adopted.listeners[listener]!.transport) >= 0) return false;
  return countFlood(c, take(c, listener, peer, at, Moment.datagrams));
}

/** The same for the message at hand, which came over a stream: a destination is known by its Via there. */
export function isFloodOverStream(c: Context, listener: number, peer: Int32Array): boolean {
  copyEndpoint(peer, 0, source, 0);
  if (c.adopted.poolSlot(listener, source, c.message.topVia, -2) >= 0) return false;
  return countFlood(c, take(c, listener, source, 0, Moment.datagrams));
}

function countFlood(c: Context, limit: Limit): boolean {
  if (limit === Limit.none) return false;
  c.count(Count.dropped_flood_source + limit);
  return true;
}

/**
 * Charges the request at hand, which is in no dialog that we know and comes from no destination; whether it is one too many.
 * Then it is counted, as one that is answered (`isAnswered`) or dropped. An emergency call is none too many; a request that is
 * not valid has no request URI to tell by.
 */
export function isOverRate(c: Context, isAnswered: boolean, isValid: boolean): boolean {
  const limit = take(c, c.listener, c.peer, 0, Moment.requests);
  if (limit === Limit.none) return false;
  if (isValid && c.message.method === Method.INVITE && isEmergency(c, false)) {
    // Otherwise admission is going to.
    if (!mayRefuse(c)) c.count(Count.emergency_calls);
    return false;
  }
  c.count((isAnswered ? Count.rejected_rate_source : Count.dropped_rate_source) + limit);
  return true;
}

/** Takes one from the source and one from the listener. */
function take(c: Context, listener: number, peer: Int32Array, at: number, moment: Moment): Limit {
  const { sources } = c;
  const { perSource, perListener, exempt, v4Prefix, v6Prefix } = c.adopted.snapshot.rates!;
  if (inRanges(exempt[listener]!, peer, at)) return Limit.none;
  if (perSource !== null) {
    const { interval, depth } = rateOf(perSource, moment);
    if (!sources.take(sources.rowOf(peer, at, v4Prefix, v6Prefix), moment, interval, depth)) return Limit.source;
  }
  if (perListener === null) return Limit.none;
  const { interval, depth } = rateOf(perListener, moment);
  return sources.take(listener, moment, interval, depth) ? Limit.none : Limit.listener;
}

function rateOf({ requests, datagrams }: RateLimit, moment: Moment): Rate {
  return moment === Moment.requests ? requests : datagrams;
}
