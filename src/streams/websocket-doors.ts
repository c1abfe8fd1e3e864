// The doors of all WebSocket listeners: what is let in becomes a connection, and handshakes under way count like connections.
import type { Socket } from "node:net";
import type { StreamCounter, StreamListener } from "../bridge/stream-start.ts";
import { ENDPOINT_WORDS } from "../net/endpoint.ts";
import type { Connections } from "./connections.ts";
import type { Guests } from "./guests.ts";
import type { Handshakes } from "./handshakes.ts";
import { WebSocketDoor } from "./websocket-door.ts";

/** Doors to one table of connections. */
export class WebSocketDoors {
  readonly #connections: Connections;
  readonly #timeout: number;
  readonly #handshakes: Handshakes;
  readonly #guests: Guests;
  readonly #peer = new Int32Array(ENDPOINT_WORDS);

  /** A handshake may take `timeout` milliseconds. */
  constructor(connections: Connections, timeout: number, handshakes: Handshakes, guests: Guests) {
    this.#connections = connections;
    this.#timeout = timeout;
    this.#handshakes = handshakes;
    this.#guests = guests;
  }

  /** A door for a listener. */
  add(index: number, { path, origins }: NonNullable<StreamListener["web"]>): WebSocketDoor {
    const connections = this.#connections;
    return new WebSocketDoor({
      path,
      origins,
      timeout: this.#timeout,
      refusal: (socket) => this.#refusal(socket),
      onOpen: (web, socket) => {
        this.#handshakes.end(socket);
        connections.acceptWeb(index, socket, web);
      },
      onFail: () => connections.countUp("upgrade_failed"),
      onRefuse: (why) => connections.countUp(why),
    });
  }

  #refusal(socket: Socket): StreamCounter | null {
    const isTrusted = this.#guests.peerOf(socket, this.#peer) && this.#guests.isTrusted(this.#peer);
    return this.#connections.fullness(this.#handshakes.count, isTrusted) ?? this.#handshakes.begin(socket);
  }
}
