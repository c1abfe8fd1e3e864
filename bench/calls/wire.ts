// What the generator sends and receives by: datagrams or streams. Both look like batches of messages in an inbox.
import type { Inbox, Outbox } from "../../src/net/batch.ts";

/** Which transport the calls use, on both sides of the balancer. */
export type Transport = "udp" | "tcp";

/** One socket of the generator. */
export interface Source {
  /** What an outbox calls the listener, to send from here. */
  readonly socket: number;
  /** Fills the inbox with whole messages from slot 0 on; returns how many. */
  receive(): number;
}

/** A caller's socket, with the port of its Via. */
export interface CallerSource extends Source {
  readonly port: number;
}

/** A destination's socket, with its index among the destinations. */
export interface DestinationSource extends Source {
  readonly destination: number;
}

/** The generator's sockets. */
export interface Wire {
  readonly transport: Transport;
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly callers: readonly CallerSource[];
  /** Over streams it grows while the balancer connects. */
  readonly destinations: readonly DestinationSource[];
  /** The balancer's endpoint. */
  readonly balancer: Int32Array;
  /** Sleeps until something has come, or for so many milliseconds. Only streams can. */
  readonly sleep?: (milliseconds: number) => void;
}
