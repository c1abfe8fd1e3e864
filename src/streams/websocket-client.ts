// A WebSocket that we open towards a destination (RFC 6455 4.1, RFC 7118 4.1), over a socket that is being connected.
import type { Socket } from "node:net";
import { WebSocket } from "ws";
import { SOCKET_LIMITS } from "./websocket-carrier.ts";

/** `authority` is host and port as the request's Host names them; `path` begins with a slash. */
export function openWebSocket(socket: Socket, scheme: "ws" | "wss", authority: string, path: string): WebSocket {
  const options = { ...SOCKET_LIMITS, followRedirects: false, createConnection: () => socket };
  return new WebSocket(`${scheme}://${authority}${path}`, ["sip"], options);
}
