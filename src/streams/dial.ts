// How connections of a listener are made: from which address, and over what.
import { connect, type Socket, type TcpNetConnectOpts } from "node:net";
import { formatPeer } from "../net/dgram-address.ts";
import { isV4 } from "../net/endpoint.ts";
import type { TcpPatience } from "../net/tcp-patience.ts";
import type { Message } from "../sip/message.ts";
import type { Carry } from "./carrier.ts";
import type { Secure } from "./secure.ts";

/** A listener's way out. */
export interface Dial {
  /** Address that connections come from; undefined: the system chooses. */
  readonly from: string | undefined;
  /** Carries one as a WebSocket, `name` being who has to be there (empty: whoever it is); undefined: they are plain streams. */
  readonly carryWeb?: ((socket: Socket, peer: Int32Array, view: Message, name: string) => Carry) | undefined;
  /** After so long without a byte TCP asks whether the other side is still there, in milliseconds. */
  readonly keepalive?: number;
  /** How long TCP waits for one that is connected and acknowledges nothing; undefined: as long as the system wants. */
  readonly patience?: TcpPatience | undefined;
  /** TLS, where it is one of TLS. */
  readonly secure?: Secure | undefined;
}

/**
 * A socket that is being connected to an endpoint, and sends `header` before everything else; over TLS whoever is there has to prove
 * `identity` (0: to be that address), and `unverified` is called when it did not. Null: nobody could.
 */
export function dialSocket(
  { from, secure, keepalive = 60_000 }: Dial,
  peer: Int32Array,
  identity: number,
  unverified: () => void,
  header: Buffer | null = null,
): Socket | null {
  const family = isV4(peer, 0) ? 4 : 6;
  const options: TcpNetConnectOpts = {
    host: formatPeer(peer, 0),
    port: peer[4]!,
    family,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: keepalive,
    ...(from === undefined ? {} : { localAddress: from }),
    // Every address we connect to is numeric: nothing is ever looked up.
    lookup: (name: string, _options: unknown, callback: (error: null, address: string, family: number) => void) =>
      callback(null, name, family),
  };
  if (secure !== undefined) return secure.connect(identity, options, unverified, header);
  const socket = connect(options);
  if (header !== null) socket.write(header);
  return socket;
}
