// Ending a connection without a word.
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";

/** Resets a connection that is not wanted: no state remains, not even in the kernel. Node cannot do that below TLS. */
export function reset(socket: Socket): void {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}
