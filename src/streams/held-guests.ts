// What the accept filter needs to know of everything else: who may be held, by the same rules as those who are let in, and what becomes of
// those that it lets through or closes.
import { Socket } from "node:net";
import type { StreamCounter } from "../bridge/stream-start.ts";
import { formatAddress } from "../net/endpoint.ts";
import type { Libc } from "../net/libc.ts";
import type { Admission } from "./admission.ts";
import type { FilteredListener, FilterHandler } from "./filter-handler.ts";
import { FirstWords } from "./first-words.ts";
import type { Gate } from "./gate.ts";
import type { Handshakes } from "./handshakes.ts";
import type { HandshakeFault } from "./secure.ts";

/** What guests are held, let in and told of by. */
export interface HeldGuestsOptions {
  readonly libc: Libc;
  readonly admission: Admission;
  readonly gate: Gate;
  /** Handshakes of WebSockets: one that is held is under way. Those of TLS count when they begin. */
  readonly upgrades: Handshakes | null;
  readonly countUp: (name: StreamCounter) => void;
  /** A handshake of TLS did not come that far. */
  readonly failed: (listener: number, fault: HandshakeFault, address: string, why: string) => void;
  /** Takes whoever has passed the gate, of whose time for a handshake, or the message at hand, so many milliseconds are over. */
  readonly admit: (listener: number, socket: Socket, spent: number) => void;
}

/** The guests of an accept filter. */
export class HeldGuests implements FilterHandler {
  readonly #options: HeldGuestsOptions;

  constructor(options: HeldGuestsOptions) {
    this.#options = options;
  }

  isProxy({ index }: FilteredListener, peer: Int32Array): boolean {
    return this.#options.admission.isProxy(index, peer);
  }

  isAdmitted({ index, words }: FilteredListener, peer: Int32Array): boolean {
    const { gate, upgrades, countUp } = this.#options;
    const refusal = gate.refusal(index, peer) ?? (words === FirstWords.http ? (upgrades?.refusal(peer) ?? null) : null);
    if (refusal !== null) countUp(refusal);
    return refusal === null;
  }

  held({ words }: FilteredListener, peer: Int32Array): void {
    this.#options.admission.hold(peer);
    if (words === FirstWords.http) this.#options.upgrades?.hold(peer);
  }

  released({ words }: FilteredListener, peer: Int32Array): void {
    this.#options.admission.release(peer);
    if (words === FirstWords.http) this.#options.upgrades?.release(peer);
  }

  enter(listener: number, fd: number, spent: number): void {
    let socket: Socket;
    try {
      socket = new Socket({ fd, readable: true, writable: true });
    } catch {
      // The system had no memory for it: nobody is there to be told.
      this.#options.libc.close(fd);
      return;
    }
    this.#options.gate.knock(listener, socket, (one) => this.#options.admit(listener, one, spent), true);
  }

  closed({ index, words }: FilteredListener, peer: Int32Array, isLate: boolean, isBegun: boolean): void {
    const { countUp, failed } = this.#options;
    if (words === FirstWords.http) countUp("upgrade_failed");
    else if (words === FirstWords.sip) {
      if (isLate) countUp(isBegun ? "unfinished" : "idle");
    } else {
      const why = isBegun ? "it did not end" : "it did not begin";
      const fault = isLate ? "handshake_timeout" : isBegun ? "handshake_failed" : "handshake_not_begun";
      failed(index, fault, formatAddress(peer, 0), why);
    }
  }
}
