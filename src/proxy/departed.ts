// Who has left the configuration and may have calls still: what has to be known, besides an address, to send to it.
import { DESTINATION_WORDS, DestinationColumn } from "../bridge/snapshot.ts";
import { hashEndpoint, sameEndpoint } from "../net/endpoint.ts";
import type { Transport } from "../net/transport.ts";
import type { Context } from "./context.ts";

/**
 * Offset in `Snapshot.departed.rows` of the destination at `c.target` that had this identity, or, where that is 0, this slot; -1:
 * none is remembered.
 */
export function departedAt(c: Context, transport: Transport, identity: number, slot: number): number {
  const { rows, endpoints } = c.adopted.snapshot.departed;
  const mask = endpoints.length - 1;
  for (let i = hashEndpoint(c.target, 0) & mask; endpoints[i] !== 0; i = (i + 1) & mask) {
    const row = (endpoints[i]! - 1) * DESTINATION_WORDS;
    if (!sameEndpoint(rows, row, c.target, 0) || rows[row + DestinationColumn.transport] !== transport) continue;
    const isMeant =
      identity === 0
        ? rows[row + DestinationColumn.used] === slot + 1
        : rows[row + DestinationColumn.identity] === identity;
    if (isMeant) return row;
  }
  return -1;
}
