// Our address where none is configured: for listeners on all addresses, that by which the message at hand came.
import { writeDecimal } from "../sip/write.ts";
import type { Context } from "./context.ts";
import { writeAddress } from "./reply.ts";

/**
 * The local address of the message at hand and a port, for listeners on all addresses that advertise none. A message that
 * came by a listener with an address of its own is at that address.
 */
export function writeLocal(c: Context, out: Buffer, start: number, port: number): number {
  const isKnown = c.local[0] !== 0 || c.local[2] !== 0 || c.local[3] !== 0;
  const local = isKnown ? c.local : c.adopted.listeners[c.listener]!.bound;
  const isV6 = local[0] !== 0 || local[1] !== 0 || local[2] !== 0xffff;
  let at = start;
  if (isV6) out[at++] = 0x5b;
  at = writeAddress(local, 0, out, at);
  if (isV6) out[at++] = 0x5d;
  out[at++] = 0x3a;
  return writeDecimal(out, at, port);
}
