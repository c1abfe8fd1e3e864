// By what a connection is found for what is sent to an address: where it leads, from which listener, and who is there.
import { isV4 } from "../net/endpoint.ts";

/** In a key, for connections over TLS that somebody made to us: they have proved nothing to whom we would send by address. */
export const MADE_BY_THEM = -1;

/**
 * The key: a number where it fits. `who` is the number of who has proved to be there (bridge/tls-state.ts), 0 where nobody had to: two
 * names at one address never share a connection (CVE-2020-15260).
 */
export function keyOf(listener: number, peer: Int32Array, port: number, who: number): string | number {
  if (who === 0 && isV4(peer, 0) && listener < 32) return ((peer[3]! >>> 0) * 65_536 + port) * 32 + listener;
  return `${listener} ${peer[0]} ${peer[1]} ${peer[2]} ${peer[3]} ${port} ${who}`;
}
