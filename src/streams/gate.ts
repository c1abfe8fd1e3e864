// The gate before everything else: who connects is looked at before anything is read, and whoever stands behind a proxy that we trust
// is known by the proxy's word. Behind it are handshakes, and then connections.
import type { Socket } from "node:net";
import type { StreamCounter, StreamLimits } from "../bridge/stream-start.ts";
import { copyEndpoint, ENDPOINT_WORDS } from "../net/endpoint.ts";
import type { Admission } from "./admission.ts";
import { addressOf, type Guests, nameOf } from "./guests.ts";
import { takeProxyHeader } from "./proxy-door.ts";

/** What a gate has to know of what is behind it. */
export interface GateOptions {
  readonly limits: StreamLimits;
  readonly admission: Admission;
  /** Why there is no room for one more connection, besides so many that are about to be there; null: there is. */
  readonly fullness: (others: number, isTrusted: boolean) => StreamCounter | null;
  readonly countUp: (name: StreamCounter) => void;
}

/** The gate of a stream worker. */
export class Gate implements Guests {
  readonly #options: GateOptions;
  /** Whom proxies have spoken for, by the proxy's connection. */
  readonly #clients = new Map<string, Int32Array>();
  /** Proxies that have not said yet for whom they come. */
  #silent = 0;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** Somebody has connected to `listener`. Whoever may come in is given to `enter`. `isHeld`: it was held until now, and keeps its place. */
  knock(listener: number, socket: Socket, enter: (socket: Socket) => void, isHeld = false): void {
    const { limits, admission, fullness } = this.#options;
    const peer = new Int32Array(ENDPOINT_WORDS);
    if (!addressOf(socket, peer)) {
      socket.destroy();
      return;
    }
    if (!admission.isProxy(listener, peer)) {
      if (this.#admit(listener, socket, peer, isHeld)) enter(socket);
      return;
    }
    const isFull = fullness(this.#silent, true);
    if (isFull !== null) {
      this.#refuse(socket, isFull);
      return;
    }
    const name = nameOf(socket);
    this.#silent++;
    takeProxyHeader(socket, peer, limits.messageTimeout, (isKnown) => {
      this.#silent--;
      if (!isKnown) this.#refuse(socket, "proxy_header");
      else if (this.#admit(listener, socket, peer)) {
        this.#clients.set(name, peer);
        socket.once("close", () => this.#clients.delete(name));
        enter(socket);
        // TLS reads what has come already by itself; if that flowed before somebody listens, it would be lost.
        if (socket.listenerCount("data") > 0) socket.resume();
      }
    });
  }

  peerOf(socket: Socket, peer: Int32Array): boolean {
    const client = this.#clients.size === 0 ? undefined : this.#clients.get(nameOf(socket));
    if (client === undefined) return addressOf(socket, peer);
    copyEndpoint(client, 0, peer, 0);
    return true;
  }

  isTrusted(peer: Int32Array): boolean {
    return this.#options.admission.isTrusted(peer);
  }

  /** Why a connection from this address is not let in by `listener`; null: it is. */
  refusal(listener: number, peer: Int32Array): StreamCounter | null {
    const { admission, fullness } = this.#options;
    return admission.refusal(listener, peer) ?? fullness(0, admission.isTrusted(peer));
  }

  #admit(listener: number, socket: Socket, peer: Int32Array, isHeld = false): boolean {
    const refusal = isHeld ? this.#options.admission.refusal(listener, peer) : this.refusal(listener, peer);
    if (refusal !== null) {
      this.#refuse(socket, refusal);
      return false;
    }
    const leave = this.#options.admission.enter(peer);
    socket.on("close", leave);
    return true;
  }

  #refuse(socket: Socket, why: StreamCounter): void {
    this.#options.countUp(why);
    socket.resetAndDestroy();
  }
}
