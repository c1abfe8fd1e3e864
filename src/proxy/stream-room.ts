// New requests that would have to wait for a stream worker that is behind: who came by datagrams cannot be made to wait, as connections are,
// so they go elsewhere or are answered, before what they lead to is lost.
import { type Context, Count } from "./context.ts";

/** Whether a new request is not to leave by `listener` now, because the ring to the stream worker is as full as such may make it. Counts. */
export function isShort(c: Context, listener: number): boolean {
  if (!c.adopted.listeners[listener]!.isStream || c.outbox.takesNew()) return false;
  c.count(Count.stream_queue_full);
  return true;
}
