// The doors of all WebSocket listeners: what is let in becomes a connection, and handshakes under way count like connections.
import type { StreamListener } from "../bridge/stream-start.ts";
import type { Connections } from "./connections.ts";
import { WebSocketDoor } from "./websocket-door.ts";

/** How long a handshake may take, in milliseconds. */
const HANDSHAKE = 5_000;

/** Doors to one table of connections. */
export class WebSocketDoors {
  readonly #connections: Connections;
  readonly #doors: WebSocketDoor[] = [];

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  /** A door for a listener. */
  add(index: number, { path, origins }: NonNullable<StreamListener["web"]>): WebSocketDoor {
    const connections = this.#connections;
    const door = new WebSocketDoor({
      path,
      origins,
      timeout: HANDSHAKE,
      hasRoom: () => connections.hasRoom(this.#pending()),
      onOpen: (web, socket) => connections.acceptWeb(index, socket, web),
      onFail: () => connections.countUp("handshake_failed"),
      onRefuse: () => connections.countUp("refused"),
    });
    this.#doors.push(door);
    return door;
  }

  #pending(): number {
    let pending = 0;
    for (const door of this.#doors) pending += door.pending;
    return pending;
  }
}
