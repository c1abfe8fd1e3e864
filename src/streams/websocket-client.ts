// A WebSocket that we open towards a destination (RFC 6455 4.1, RFC 7118 4.1), over a socket that is being connected.
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { WebSocket } from "ws";
import { formatEndpoint } from "../net/endpoint.ts";
import type { Message } from "../sip/message.ts";
import type { Carry } from "./carrier.ts";
import { SOCKET_LIMITS, WebSocketCarrier } from "./websocket-carrier.ts";

/** Carries a connection to `peer` as a WebSocket; `path` begins with a slash, `view` reads headers. */
export function carryWeb(socket: Socket, peer: Int32Array, path: string, view: Message): Carry {
  const authority = formatEndpoint(peer, 0);
  // Not before there is a connection for it: nobody else hears its errors.
  return (handler) => new WebSocketCarrier(handler, openWebSocket(socket, authority, path), socket, view);
}

/** `authority` is host and port as the request's Host names them. */
function openWebSocket(socket: Socket, authority: string, path: string): WebSocket {
  const isTls = socket instanceof TLSSocket;
  if (isTls) {
    // Whoever is there hears nothing before it has proved who it is.
    socket.cork();
    socket.once("secureConnect", () => socket.uncork());
  }
  const options = { ...SOCKET_LIMITS, followRedirects: false, createConnection: () => socket };
  return new WebSocket(`${isTls ? "wss" : "ws"}://${authority}${path}`, ["sip"], options);
}
