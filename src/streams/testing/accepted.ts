// Connections between real sockets and a bench, and what is sent over them.
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { STRANGERS } from "../guests.ts";
import { Handshakes } from "../handshakes.ts";
import { WebSocketDoors } from "../websocket-doors.ts";
import type { Bench } from "./bench.ts";

/** A request, whole. */
export function options(number: number): string {
  return (
    `OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK${number}\r\nFrom: <sip:a@b>;tag=1\r\n` +
    `To: <sip:a@b>\r\nCall-ID: ${number}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`
  );
}

/** So many requests behind each other, from number 0 on. */
export function manyOptions(count: number): string {
  return Array.from({ length: count }, (_, i) => options(i)).join("");
}

/** A server on loopback. */
export async function listening(onSocket: (socket: Socket) => void): Promise<{ server: Server; port: number }> {
  const server = createServer({ noDelay: true }, onSocket);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return { server, port: typeof address === "object" && address !== null ? address.port : 0 };
}

/** A bench that accepts, and a connection to it. */
export async function accepted(bench: Bench): Promise<{ server: Server; socket: Socket }> {
  const { server, port } = await listening((socket) => bench.connections.accept(1, socket));
  const socket = connect(port, "127.0.0.1").on("error", () => undefined);
  await once(socket, "connect");
  return { server, socket };
}

/** A bench that accepts WebSockets. */
export async function listeningWeb(bench: Bench): Promise<{ server: Server; port: number }> {
  const limits = { handshakeTimeout: 5_000, handshakes: 100, handshakesPerSource: 100, reserve: 0 };
  const doors = new WebSocketDoors(bench.connections, 5_000, new Handshakes(limits, STRANGERS), STRANGERS);
  const door = doors.add(1, { path: "", origins: [] });
  return listening((socket) => door.knock(socket));
}
