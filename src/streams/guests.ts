// Who is at the other end of a connection that somebody made, and whether that is one of those for whom room is kept.
import type { Socket } from "node:net";
import type { StreamLimits } from "../bridge/stream-start.ts";
import { parsePeer } from "../net/dgram-address.ts";

/** What is known of those who connect. */
export interface Guests {
  /** Writes whom a connection is of, also one over TLS; false: nobody, it is gone. */
  peerOf(socket: Socket, peer: Int32Array): boolean;
  /** Whether this address is a destination's or a trusted source's. */
  isTrusted(peer: Int32Array): boolean;
}

/** Everybody is who it seems, and a stranger. */
export const STRANGERS: Guests = { peerOf: addressOf, isTrusted: () => false };

/** Writes the address at the other end of a connection; false: it is gone, or at port 0, which is nobody's. */
export function addressOf(
  { remoteAddress, remotePort = 0 }: Pick<Socket, "remoteAddress" | "remotePort">,
  peer: Int32Array,
): boolean {
  return remoteAddress !== undefined && remotePort > 0 && parsePeer(remoteAddress, remotePort, peer, 0);
}

/** One connection of the system: a TLS socket and the one below it have the same. */
export function nameOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}

/** How many of `places` strangers leave alone, given a percentage. */
export function reserveOf(places: number, percent: number): number {
  return Math.floor((places * percent) / 100);
}

/** Why nobody, or no stranger, may have one more where there are `count`; null: they may. */
export function fullnessAt(
  count: number,
  { connections, reserve }: Pick<StreamLimits, "connections" | "reserve">,
  isTrusted: boolean,
): "refused" | "reserved" | null {
  if (count >= connections) return "refused";
  return !isTrusted && count >= connections - reserveOf(connections, reserve) ? "reserved" : null;
}
