// What a sips request URI asks for: TLS all the way (RFC 3261 26.2.2, RFC 5630). We cannot answer for other hops, but over ours it goes
// protected or not at all.
import { DestinationColumn } from "../bridge/snapshot.ts";
import { isSecure } from "../net/transport.ts";
import { Scheme } from "../sip/uri.ts";
import { type Context, Count } from "./context.ts";

/** RFC 5630 6: why it is refused, for whoever reads traces. */
const NOT_ALLOWED = Buffer.from('Warning: 380 fairlead "SIPS Not Allowed"\r\n', "latin1");

/** Whether the request at hand has a sips request URI. */
export function isSips(c: Context): boolean {
  return c.message.requestUri.scheme === Scheme.sips;
}

/** 0, or 480 where the request at hand may not leave by the listener that was chosen for it. */
export function insecure(c: Context): number {
  return isSips(c) && !isSecure(c.adopted.listeners[c.outgoing]!.transport) ? refuseSips(c) : 0;
}

/** Whether the destination in `slot` is reached over TLS or secure WebSocket. */
export function isProtected(c: Context, slot: number): boolean {
  const { adopted } = c;
  return isSecure(adopted.snapshot.destinations[adopted.row(slot) + DestinationColumn.transport]!);
}

/** Leaves out candidates that are not reached over TLS; returns how many remain of `count`. */
export function keepSecure(c: Context, count: number): number {
  const { candidates } = c;
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const slot = candidates[i]!;
    if (isProtected(c, slot)) candidates[kept++] = slot;
  }
  return kept;
}

/** The status for a sips request that nobody can take (RFC 5630 5.3). */
export function refuseSips(c: Context): number {
  c.count(Count.rejected_sips);
  c.extra = NOT_ALLOWED;
  return 480;
}
