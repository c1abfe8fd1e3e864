// Run by `StandIn` (stand-in.ts) as a process of its own: a server that is not the balancer, and closes slow clients after the same time.
import { createServer, type Socket } from "node:net";

/** As the balancer has it: `streams.message_timeout` and `streams.handshake_timeout`. */
const MESSAGE = 10_000;
const HANDSHAKE = 5_000;
const HEADERS_END = "\r\n\r\n";
const ANSWER = `SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP 10.9.9.9:5070;branch=z9hG4bKslow;rport\r\nContent-Length: 0${HEADERS_END}`;

/** Reads a message, and answers it if it ends in time. */
function takeMessage(socket: Socket): void {
  let late: NodeJS.Timeout | undefined;
  socket.on("data", (bytes) => {
    late ??= setTimeout(() => socket.destroy(), MESSAGE);
    if (!bytes.includes(HEADERS_END)) return;
    clearTimeout(late);
    late = undefined;
    socket.write(ANSWER);
  });
  socket.once("close", () => clearTimeout(late));
}

/** Waits for a handshake to begin. */
function awaitHandshake(socket: Socket): void {
  const late = setTimeout(() => socket.destroy(), HANDSHAKE);
  socket.once("close", () => clearTimeout(late));
}

/** Listens on a free port, which is told to whoever started the process. */
function listen(name: "tcp" | "tls", take: (socket: Socket) => void): void {
  const server = createServer({ noDelay: true }, (socket) => take(socket.on("error", () => undefined)));
  server.listen({ port: 0, host: "127.0.0.1", backlog: 4_096 }, () => {
    const address = server.address();
    process.send?.({ [name]: typeof address === "object" ? address?.port : 0 });
  });
}

listen("tcp", takeMessage);
listen("tls", awaitHandshake);
process.on("disconnect", () => process.exit());
