// How a case gets to the balancer: as a datagram, or over a connection of its own, plain or WebSocket. What comes back is heard the same way.
import type { Peer } from "../../src/ua/transport.ts";
import type { Hearing } from "./listener.ts";

/** What cases can be sent over. */
export type WireName = "udp" | "tcp" | "ws";

/** From which address to where, and who hears what comes back. */
export interface WireOpening {
  readonly from: string;
  readonly to: Peer;
  readonly hearing: Hearing;
}

/** The sender's side of the ground. */
export interface Wire {
  /** Where valid calls say that they come from, and the transport that their Via names. */
  readonly local: Peer;
  readonly via: string;
  /** Gets ready to hear what the answer to a case may be sent to. */
  prepare(bytes: Buffer): Promise<void>;
  /** Sends one case, alone. Returns how many messages a reader of this transport finds in it. */
  sendCase(bytes: Buffer): Promise<number>;
  /** Sends a valid message, among other valid ones. */
  sendCall(bytes: Buffer): Promise<void>;
  close(): void;
}

/** The destination's side: it hears, and answers where it heard something from. */
export interface Callee {
  readonly local: Peer;
  send(bytes: Buffer, to: Peer): Promise<void>;
  close(): void;
}
