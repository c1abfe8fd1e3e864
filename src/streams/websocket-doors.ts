// The doors of all WebSocket listeners: what is let in becomes a connection, and handshakes under way count like connections.
import type { StreamListener } from "../bridge/stream-start.ts";
import type { Connections } from "./connections.ts";
import type { HandshakeLimits } from "./secure.ts";
import { WebSocketDoor } from "./websocket-door.ts";

/** Doors to one table of connections. */
export class WebSocketDoors {
  readonly #connections: Connections;
  readonly #limits: HandshakeLimits;
  readonly #doors: WebSocketDoor[] = [];

  constructor(connections: Connections, limits: HandshakeLimits) {
    this.#connections = connections;
    this.#limits = limits;
  }

  /** A door for a listener. */
  add(index: number, { path, origins }: NonNullable<StreamListener["web"]>): WebSocketDoor {
    const connections = this.#connections;
    const door = new WebSocketDoor({
      path,
      origins,
      timeout: this.#limits.handshakeTimeout,
      hasRoom: () => this.#hasRoom(),
      onOpen: (web, socket) => connections.acceptWeb(index, socket, web),
      onFail: () => connections.countUp("handshake_failed"),
      onRefuse: () => connections.countUp("refused"),
    });
    this.#doors.push(door);
    return door;
  }

  #hasRoom(): boolean {
    let pending = 0;
    for (const door of this.#doors) pending += door.pending;
    return pending < this.#limits.handshakes && this.#connections.hasRoom(pending);
  }
}
