// Before a connection of a trusted proxy is one of SIP, its PROXY header is taken off, in whatever pieces it comes.
import type { Socket } from "node:net";
import { NO_HEADER, readProxyHeader } from "./proxy-header.ts";

/**
 * Takes the header off. `peer` holds the proxy's own address, and whom it speaks of once `done(true)` was called: the socket is
 * paused then, and what follows the header is the next thing that it reads. `done(false)`: no header within `patience`
 * milliseconds, something else, or the connection is gone.
 */
export function takeProxyHeader(
  socket: Socket,
  peer: Int32Array,
  patience: number,
  done: (isKnown: boolean) => void,
): void {
  let bytes: Buffer = Buffer.alloc(0);
  const end = (length: number): void => {
    clearTimeout(impatience);
    socket.off("data", receive).off("close", gone).pause();
    // Only now: to a listener the rest would be given at once.
    if (length > 0 && length < bytes.length) socket.unshift(bytes.subarray(length));
    done(length > 0);
  };
  const gone = (): void => end(NO_HEADER);
  const receive = (chunk: Buffer): void => {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    const length = readProxyHeader(bytes, peer);
    if (length !== 0) end(length);
  };
  const impatience = setTimeout(gone, patience);
  socket.on("error", () => undefined);
  socket.on("data", receive).once("close", gone);
}
