// What carries the messages of a connection: a stream of bytes that is cut into messages, or WebSocket messages of which each
// is one. A connection knows when to send and when to give up, its carrier knows how.
import type { FrameHandler } from "./framer.ts";

/** What a carrier tells its connection. */
export interface CarrierHandler extends FrameHandler {
  /** Whether nothing that comes is to be read any more. */
  readonly isEnding: boolean;
  /** It can be sent over from now on. */
  opened(): void;
  /** Something has come and has been read as far as it goes. */
  received(): void;
  /** A message that is refused while the connection goes on: its headers, and the status to answer with. False as for `message`. */
  refused(bytes: Buffer, start: number, end: number, status: number): boolean;
  /** The peer breaks the rules of what carries its messages. It has been told; nothing more is read. */
  garbled(): void;
  /** The other side has said its last word. */
  ended(): void;
  /** It is over. */
  closed(): void;
}

/** How the messages of one connection come and go. */
export interface Carrier {
  /** Bytes that wait to leave. */
  readonly backlog: number;
  /** Whether a message has begun and not ended, as far as can be told. */
  readonly isPartial: boolean;
  /** Whether it still takes messages. */
  readonly isOpen: boolean;
  /** Sends the message, or the line end, in `start..end` at the next `flush`; the bytes may be overwritten afterwards. */
  write(bytes: Buffer, start: number, end: number): void;
  /** Lets go what was written; false: there was nothing. */
  flush(): boolean;
  /** Asks the peer for a sign of life; false where nothing of that kind exists. */
  ping(): boolean;
  /** Offers again what had no room, and reads on if there is room now; false: not yet. */
  resume(): boolean;
  /** Closes when everything has left. */
  leave(): void;
  /** Closes at once. */
  destroy(): void;
}

/** Makes the carrier of a connection; `isConnected`: somebody else has made it. */
export type Carry = (handler: CarrierHandler, isConnected: boolean) => Carrier;
