// A WebSocket that we open towards a destination (RFC 6455 4.1, RFC 7118 4.1), over a socket that is being connected.
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { WebSocket } from "ws";
import { formatEndpoint } from "../net/endpoint.ts";
import type { Message } from "../sip/message.ts";
import type { Carry } from "./carrier.ts";
import { SOCKET_LIMITS, WebSocketCarrier } from "./websocket-carrier.ts";

/** What needs no port in a Host (RFC 6455 3). */
const USUAL_PORT = 443;

/**
 * Carries a connection to `peer` as a WebSocket; `path` begins with a slash, `view` reads headers. Over TLS `name` is that of who has to
 * be there, which servers of several names and proxies before them choose by; empty: it goes by its address.
 */
export function carryWeb(socket: Socket, peer: Int32Array, path: string, view: Message, name = ""): Carry {
  const authority = formatEndpoint(peer, 0);
  const host = name === "" || peer[4] === USUAL_PORT ? name : `${name}:${peer[4]}`;
  // Not before there is a connection for it: nobody else hears its errors.
  return (handler) => new WebSocketCarrier(handler, openWebSocket(socket, authority, path, host), socket, view);
}

/** `authority` is address and port, `host` what the request's Host says; empty: the same. */
function openWebSocket(socket: Socket, authority: string, path: string, host: string): WebSocket {
  const isTls = socket instanceof TLSSocket;
  if (isTls) {
    // Whoever is there hears nothing before it has proved who it is.
    socket.cork();
    socket.once("secureConnect", () => socket.uncork());
  }
  // Not in the URL, which has ideas of its own of names that end in a number.
  const headers = host === "" ? {} : { Host: host };
  const options = { ...SOCKET_LIMITS, headers, followRedirects: false, createConnection: () => socket };
  return new WebSocket(`${isTls ? "wss" : "ws"}://${authority}${path}`, ["sip"], options);
}
