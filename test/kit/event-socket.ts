// The event socket of a FreeSWITCH by its documented protocol: asks for a login, takes a subscription, sends heartbeats when told.
import { createServer, type Socket } from "node:net";
import { until } from "./wait.ts";

/** The figures of a heartbeat. */
export interface Figures {
  readonly max: number;
  readonly sessions: number;
  /** Percent. */
  readonly idle: number;
}

/** Replaces what the server does with a connection. */
export type Script = (socket: Socket) => void;

/** It listens on loopback. */
export class EventSocketServer {
  /** Every line that clients have sent, empty ones left out. */
  readonly said: string[] = [];
  /** Connections that there have been. */
  connections = 0;
  /** Instead of the protocol; null: the protocol. */
  script: Script | null = null;
  readonly #password: string;
  readonly #sockets = new Set<Socket>();
  readonly #subscribed = new Set<Socket>();
  readonly #server = createServer((socket) => this.#serve(socket));

  private constructor(password: string) {
    this.#password = password;
  }

  /** Listens on a port that the system chooses. */
  static async open(password: string): Promise<EventSocketServer> {
    const server = new EventSocketServer(password);
    await new Promise<void>((done) => server.#server.listen(0, "127.0.0.1", done));
    return server;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Connections that there are. */
  get alive(): number {
    return this.#sockets.size;
  }

  get hasSubscriber(): boolean {
    return this.#subscribed.size > 0;
  }

  /** Resolves once somebody is subscribed. */
  async subscribed(): Promise<void> {
    await until("a subscription to heartbeats", () => this.hasSubscriber);
  }

  /** To everybody who is subscribed. */
  heartbeat(figures: Figures): void {
    for (const socket of this.#subscribed) socket.write(heartbeatText(figures));
  }

  /** Every connection is gone; new ones are served. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#subscribed.clear();
  }

  async close(): Promise<void> {
    this.hangUp();
    await new Promise((done) => this.#server.close(done));
  }

  #serve(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#sockets.delete(socket);
      this.#subscribed.delete(socket);
    });
    if (this.script !== null) {
      this.script(socket);
      return;
    }
    let rest = "";
    socket.on("data", (chunk) => {
      const commands = (rest + chunk.toString("latin1")).split("\n\n");
      rest = commands.pop() ?? "";
      for (const command of commands) this.#command(socket, command);
    });
    socket.write("Content-Type: auth/request\n\n");
  }

  #command(socket: Socket, command: string): void {
    this.said.push(command);
    const reply = (text: string) => socket.write(`Content-Type: command/reply\nReply-Text: ${text}\n\n`);
    if (command === `auth ${this.#password}` || command === `userauth lb@default:${this.#password}`)
      reply("+OK accepted");
    else if (command === "event plain HEARTBEAT") {
      reply("+OK event listener enabled plain");
      this.#subscribed.add(socket);
    } else reply("-ERR invalid");
  }
}

/** A heartbeat as it stands in the stream. */
export function heartbeatText({ max, sessions, idle }: Figures): string {
  const body = [
    "Event-Name: HEARTBEAT",
    "Core-UUID: 6f0ec1a2-0f4c-4b0c-9a3e-6a1d0c6b7a55",
    "Event-Info: System%20Ready",
    "Up-Time: 0%20years,%200%20days,%201%20hour",
    `Session-Count: ${sessions}`,
    `Max-Sessions: ${max}`,
    "Session-Per-Sec: 30",
    `Idle-CPU: ${idle.toFixed(6)}`,
    "",
    "",
  ].join("\n");
  return `Content-Length: ${body.length}\nContent-Type: text/event-plain\n\n${body}`;
}
