// Handshakes that are under way: so many at a time, so many of one source, and the last places are for those whom we trust.
import type { Socket } from "node:net";
import { ENDPOINT_WORDS } from "../net/endpoint.ts";
import { type Guests, nameOf, reserveOf } from "./guests.ts";
import { SourceCount } from "./source-count.ts";

/** Limits of the handshakes of those who connect to us. */
export interface HandshakeLimits {
  /** How long one may take, in milliseconds. */
  readonly handshakeTimeout: number;
  /** How many may be under way at a time. */
  readonly handshakes: number;
  /** How many of them may be of one source (IPv6: one /64) that is no destination and not trusted. */
  readonly handshakesPerSource: number;
  /** Percent of `handshakes` that are kept for destinations and trusted sources. */
  readonly reserve: number;
}

/** Why a handshake is not begun: too many, too many of its source, or what is left is not for strangers. */
export type HandshakeRefusal = "handshake_refused" | "handshake_source_full" | "handshake_reserved";

/** Handshakes of one kind (TLS, or WebSocket) of a stream worker. */
export class Handshakes {
  readonly #limits: HandshakeLimits;
  readonly #guests: Guests;
  readonly #sources = new SourceCount();
  /** By the name of their connection: what is to be called at their end. */
  readonly #underWay = new Map<string, () => void>();
  readonly #peer = new Int32Array(ENDPOINT_WORDS);
  /** Under way without a socket. */
  #held = 0;

  constructor(limits: HandshakeLimits, guests: Guests) {
    this.#limits = limits;
    this.#guests = guests;
  }

  /** How many are under way. */
  get count(): number {
    return this.#underWay.size + this.#held;
  }

  /** Why this address may not begin one now; null: it may. */
  refusal(peer: Int32Array): HandshakeRefusal | null {
    const { handshakes, handshakesPerSource, reserve } = this.#limits;
    if (this.count >= handshakes) return "handshake_refused";
    if (this.#guests.isTrusted(peer)) return null;
    if (this.#sources.of(peer) >= handshakesPerSource) return "handshake_source_full";
    return this.count >= handshakes - reserveOf(handshakes, reserve) ? "handshake_reserved" : null;
  }

  /** One from this address counts as under way although it has no socket yet, until `release`. */
  hold(peer: Int32Array): void {
    this.#held++;
    this.#sources.add(peer);
  }

  /** One that was held is gone, or has a socket to begin on. */
  release(peer: Int32Array): void {
    this.#held--;
    this.#sources.remove(peer);
  }

  /** One begins on this connection, unless there is a reason why it must not. It ends with `end`, or with the connection. */
  begin(socket: Socket): HandshakeRefusal | null {
    const peer = this.#peer;
    const refusal = this.#guests.peerOf(socket, peer) ? this.refusal(peer) : "handshake_refused";
    if (refusal !== null) return refusal;
    const name = nameOf(socket);
    this.#finish(name);
    const leave = this.#sources.enter(peer);
    this.#underWay.set(name, leave);
    socket.once("close", () => {
      // Not the one of a later connection between the same ports.
      if (this.#underWay.get(name) === leave) this.#finish(name);
    });
    return null;
  }

  /** The one on this connection, or on the one below it, is over. */
  end(socket: Socket): void {
    this.#finish(nameOf(socket));
  }

  #finish(name: string): void {
    this.#underWay.get(name)?.();
    this.#underWay.delete(name);
  }
}
