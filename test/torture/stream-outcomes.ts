// What a stream makes of the messages that a datagram frames by its own end (RFC 3261 18.3): no length, two of them, a wrong
// one. A WebSocket message ends like a datagram, but nothing may be behind the body (docs/guide/websocket.md). The rest of the corpora means the same over every transport.
import type { WireName } from "./wire.ts";

type Outcomes = Readonly<Record<string, string>>;

/** RFC 4475, by message. */
const TORTURE: Outcomes = {
  // No Content-Length; the connection is closed behind the answer.
  inv2543: "400",
  // More is announced than comes, or headers without end: the connection waits, and is closed after `message_timeout`.
  "clerr baddn": "D",
};
/** The trailing octets of this one are a request of their own, and on a stream they mean it. */
const TWO_MESSAGES = "dblreq";

/** Hand-made messages, by name. */
const HANDMADE: Outcomes = {
  "cl-absent-udp": "400",
  // Their headers do not end: the connection waits.
  "lf-only cr-only truncated-headers no-terminator rtp-like": "400 D",
  // The rest of the body is what the next message begins with, and it is none.
  "cl-short-trailing": "F",
};

/** Over WebSocket, of both. */
const NOTHING_BEHIND: Outcomes = {
  "dblreq cl-short-trailing": "400",
};

function find(table: Outcomes, name: string): readonly string[] | undefined {
  return Object.entries(table)
    .find(([names]) => names.split(" ").includes(name))?.[1]
    .split(" ");
}

/** Outcomes of a message of RFC 4475 that replace those of its verdict; undefined: none do. */
export function tortureOutcomes(wire: WireName, name: string): readonly string[] | undefined {
  if (wire === "ws") return find(NOTHING_BEHIND, name);
  return wire === "tcp" ? find(TORTURE, name) : undefined;
}

/** How many requests a message of RFC 4475 may be forwarded as. */
export function mostForwarded(wire: WireName, name: string): number {
  return wire === "tcp" && name === TWO_MESSAGES ? 2 : 1;
}

/** Outcomes of a hand-made message that replace its own; undefined: none do. */
export function handmadeOutcomes(wire: WireName, name: string): readonly string[] | undefined {
  if (wire === "ws") return find(NOTHING_BEHIND, name);
  return wire === "tcp" ? find(HANDMADE, name) : undefined;
}
