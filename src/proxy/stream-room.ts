// New requests that would have to wait for a stream worker that is behind: who came by datagrams cannot be made to wait, as connections are,
// so they go elsewhere or are answered, before what they lead to is lost.
import { busy } from "./busy.ts";
import { type Context, Count } from "./context.ts";
import { hashTransaction } from "./identity.ts";
import { Verdict } from "./verdicts.ts";

/** What `holdBack` returns for a request that may leave. */
export const MAY_LEAVE = -1;

/** Whether a new request is not to leave by `listener` now, because the ring to the stream worker is as full as such may make it. */
export function isShort(c: Context, listener: number): boolean {
  return c.adopted.listeners[listener]!.isStream && !c.outbox.takesNew();
}

/**
 * Asks for a new request that no transaction is kept of whether it may leave by `listener`: `MAY_LEAVE`, or what is to be returned
 * instead, 503 or 0. A retransmission fares as its first copy: what was refused is refused again, and what has left is at most not
 * sent once more.
 */
export function holdBack(c: Context, listener: number): number {
  if (!c.adopted.listeners[listener]!.isStream) return MAY_LEAVE;
  if (!c.adopted.anyStateful) hashTransaction(c);
  const known = c.verdicts.find(c.key1, c.key2);
  if (known === Verdict.refused) return busy(c);
  if (c.outbox.takesNew()) {
    c.verdicts.keep(c.key1, c.key2, Verdict.sent);
    return MAY_LEAVE;
  }
  if (known === Verdict.sent) {
    c.count(Count.retransmissions_absorbed);
    return 0;
  }
  c.verdicts.keep(c.key1, c.key2, Verdict.refused);
  c.count(Count.stream_queue_full);
  return busy(c);
}
