// What route processing, the token of our Record-Route and that of our Path say about a request: plain fields, filled by
// own-route.ts, record-route.ts and flow-token.ts, one object each per worker.
import { ENDPOINT_WORDS } from "../net/endpoint.ts";
import { Transport } from "../net/transport.ts";

/** What a token turned out to be. */
export const TokenState = { none: 0, valid: 1, bad: 2 } as const;
export type TokenState = (typeof TokenState)[keyof typeof TokenState];

/** Which side of the dialog a request comes from, by its From tag. */
export const Side = { caller: 0, callee: 1 } as const;

/** A verified token as numbers. */
export class Token {
  isNat = false;
  /** Listener towards the caller, and towards the other side; of the node that wrote it. */
  incoming = 0;
  outgoing = 0;
  /** Transports of the two sides. */
  callerTransport: Transport = Transport.udp;
  farTransport: Transport = Transport.udp;
  /** Whether the other side is a registered phone on a stream: over its own connection or not at all. */
  isFlow = false;
  /** Identity of the destination (DestinationColumn.identity), 0 when the other side is none. */
  identity = 0;
  readonly far: Int32Array = new Int32Array(ENDPOINT_WORDS);
  readonly caller: Int32Array = new Int32Array(ENDPOINT_WORDS);
  side: (typeof Side)[keyof typeof Side] = Side.caller;
}

/** The flow that a verified token of our Path names: how a registered phone is reached. */
export class Flow {
  /** By which the phone's registration came. */
  listener = 0;
  /** The phone's address; over a stream with the word that names its connection as a flow (bridge/way-back.ts). */
  readonly endpoint: Int32Array = new Int32Array(ENDPOINT_WORDS);
  /** Serial number of that connection (bridge/stream-start.ts). */
  serial = 0;
}

/** How many Route values in a row are taken for ours: two passages of a call with two lines each (RFC 5658). */
export const MOST_OWN = 4;

/** What route processing found in a request. Offsets are of the message's bytes. */
export class OwnRoute {
  /** Ranges to be left out: our Route values, and the last Route of a strict router. */
  readonly cutStart: Int32Array = new Int32Array(MOST_OWN + 1);
  readonly cutEnd: Int32Array = new Int32Array(MOST_OWN + 1);
  cuts = 0;
  /** The URI that replaces the request URI (strict routing), or -1. */
  uriStart = -1;
  uriEnd = -1;
  /** First Route value that is not ours: its URI, or -1. */
  nextStart = -1;
  nextEnd = -1;
  /** Whether all Route values are left out, not only ours (trust.ts). */
  dropsAll = false;
  /** Whether our own Route or request URI carried a token, and whether it verified. */
  token: TokenState = TokenState.none;
  /** Whether it carried the token of a flow, which our Path does, and whether that verified. */
  flow: TokenState = TokenState.none;

  /** Leaves one value of a list out: with its line, when it is the only one left in it. `next` is the value behind it or -1. */
  cut(start: number, next: number, valuesStart: number, valuesEnd: number, lineStart: number, lineEnd: number): void {
    const previous = this.cuts - 1;
    const joins = previous >= 0 && this.cutEnd[previous] === start;
    const i = joins ? previous : this.cuts++;
    if (!joins) this.cutStart[i] = start;
    this.cutEnd[i] = next >= 0 ? next : valuesEnd;
    if (next < 0 && this.cutStart[i] === valuesStart) {
      this.cutStart[i] = lineStart;
      this.cutEnd[i] = lineEnd;
    }
  }
}
