// The HTTP part of a WebSocket listener (RFC 6455 4.2, RFC 7118 4.1): a request to upgrade that offers the subprotocol `sip`
// becomes a WebSocket, everything else gets one short answer and is closed.
import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import { Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { StreamCounter } from "../bridge/stream-start.ts";
import { reset } from "./reset.ts";
import { SOCKET_LIMITS } from "./websocket-carrier.ts";

/** Bytes of request line and headers of a handshake; a browser with many cookies has about half. */
const MOST_HEADER_BYTES = 16_384;

/** What a door is made of. */
export interface DoorOptions {
  /** The path that is served; "": every path. */
  readonly path: string;
  /** Origins that are let in, lower case; empty: everybody. */
  readonly origins: readonly string[];
  /** Milliseconds that a handshake may take. */
  readonly timeout: number;
  /** Why this connection's handshake is not even begun; null: it may. What is let in is told by `onOpen`. */
  readonly refusal: (socket: Socket) => StreamCounter | null;
  /** A WebSocket is open over this socket. */
  readonly onOpen: (web: WebSocket, socket: Socket) => void;
  /** A handshake came to nothing. */
  readonly onFail: () => void;
  /** A handshake was not begun. */
  readonly onRefuse: (why: StreamCounter) => void;
}

/** The handshakes of one listener. */
export class WebSocketDoor {
  readonly #options: DoorOptions;
  /** It never listens: sockets are given to it, from a TCP or a TLS listener. */
  readonly #http = createServer({ maxHeaderSize: MOST_HEADER_BYTES, keepAlive: false });
  readonly #web = new WebSocketServer(serverOptions());
  /** Sockets whose handshake is under way, and when their time is up. */
  readonly #pending = new Map<Socket, NodeJS.Timeout>();
  /** Those that have had their one answer. */
  readonly #refused = new WeakSet<Socket>();

  constructor(options: DoorOptions) {
    this.#options = options;
    this.#http.on("upgrade", (request: IncomingMessage, _: unknown, head: Buffer) => this.#upgrade(request, head));
    this.#http.on("request", (request, response) => {
      this.#refused.add(request.socket);
      refuse(response, isServed(request, options.path) ? 426 : 404);
    });
    this.#http.on("clientError", (error: NodeJS.ErrnoException, socket) => {
      if (socket instanceof Socket && this.#refused.has(socket)) {
        socket.destroySoon();
        return;
      }
      // RFC 6455 4.2.1: what is no request to upgrade is told so, where anybody is there to hear it.
      if (socket instanceof Socket && socket.writable)
        refuseRaw(socket, error.code === "HPE_HEADER_OVERFLOW" ? 431 : 400);
      else socket.destroy();
    });
  }

  /** Takes a new connection. */
  knock(socket: Socket): void {
    const why = this.#options.refusal(socket);
    if (why !== null) {
      this.#options.onRefuse(why);
      reset(socket);
      return;
    }
    this.#pending.set(
      socket,
      setTimeout(() => socket.destroy(), this.#options.timeout),
    );
    socket.once("close", () => {
      if (this.#forget(socket)) this.#options.onFail();
    });
    this.#http.emit("connection", socket);
  }

  #forget(socket: Socket): boolean {
    clearTimeout(this.#pending.get(socket));
    return this.#pending.delete(socket);
  }

  #upgrade(request: IncomingMessage, head: Buffer): void {
    const { socket } = request;
    if (this.#refused.has(socket)) {
      socket.destroySoon();
      return;
    }
    const status = this.#judge(request);
    if (status !== 0) {
      refuseRaw(socket, status);
      return;
    }
    this.#web.handleUpgrade(request, socket, head, (web) => {
      this.#forget(socket);
      this.#options.onOpen(web, socket);
    });
  }

  /** 0, or the status that refuses the upgrade. */
  #judge(request: IncomingMessage): number {
    const { path, origins } = this.#options;
    if (!isServed(request, path)) return 404;
    const origin = request.headers.origin?.toLowerCase() ?? "";
    if (origins.length > 0 && !origins.includes(origin)) return 403;
    const offered = request.headers["sec-websocket-protocol"] ?? "";
    return offered.split(",").some((one) => one.trim() === "sip") ? 0 : 400;
  }
}

function serverOptions() {
  return { ...SOCKET_LIMITS, noServer: true, clientTracking: false, handleProtocols: () => "sip" };
}

function isServed({ url }: IncomingMessage, path: string): boolean {
  return path === "" || (url ?? "").split("?")[0] === path;
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { Connection: "close", Upgrade: "websocket", "Content-Length": 0 }).end();
}

/** The same where node:http has let go of the socket. */
function refuseRaw(socket: Socket, status: number): void {
  // Whoever resets the connection now must not take down more than that.
  socket.on("error", () => undefined);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  socket.destroySoon();
}
