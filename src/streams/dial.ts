// How connections of a listener are made: from which address, and over what.
import { connect, type Socket } from "node:net";
import { formatPeer } from "../net/dgram-address.ts";
import { isV4 } from "../net/endpoint.ts";

/** A listener's way out. */
export interface Dial {
  /** Address that connections come from; undefined: the system chooses. */
  readonly from: string | undefined;
  /** The path that a WebSocket asks for; undefined: a plain stream. */
  readonly path?: string | undefined;
}

/** A socket that is being connected to an endpoint. */
export function dialSocket({ from }: Dial, peer: Int32Array): Socket {
  const family = isV4(peer, 0) ? 4 : 6;
  return connect({
    host: formatPeer(peer, 0),
    port: peer[4]!,
    family,
    noDelay: true,
    keepAlive: true,
    ...(from === undefined ? {} : { localAddress: from }),
    // Every address we connect to is numeric: nothing is ever looked up.
    lookup: (name, _options, callback) => callback(null, name, family),
  });
}
