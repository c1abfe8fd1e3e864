// The parameter of our Record-Route: where the two sides of a dialog are, and a keyed check over that, the Call-ID and
// the caller's From tag. It makes a dialog routable by any node that has the key, with nothing remembered, and it cannot
// be made or changed by anyone else.
import { DESTINATION_WORDS, DestinationColumn } from "../bridge/snapshot.ts";
import { isFlow, secondPortWord } from "../bridge/way-back.ts";
import { isV4 } from "../net/endpoint.ts";
import { Transport } from "../net/transport.ts";
import type { Message } from "../sip/message.ts";
import { SipHash } from "../sip/siphash.ts";
import { base64Length, readBase64, writeBase64 } from "../sip/token.ts";
import type { Context } from "./context.ts";
import { Side, TokenState } from "./route-finding.ts";

/** Name of the URI parameter. */
export const TOKEN_PARAM: Uint8Array = Buffer.from("fl", "latin1");

const VERSION = 1 << 4;
const NAT = 1;
const FAR_V6 = 2;
const CALLER_V6 = 4;
/** A word with the port of the caller's Via follows the ports: over a stream the caller's own is that of one connection. */
const CALLER_STREAM = 8;
/** In the far side's transport: a flow of a phone on a stream (flow-token.ts), to which nobody can connect. */
const FAR_FLOW = 8;
/** Words of a token: head, identity, two addresses, ports, the caller's second port, check. */
const MAX_WORDS = 2 + 2 * 4 + 1 + 1 + 2;

// The token as words in the machine's order, which is little-endian wherever it matters: balancers of one key are alike.
const raw = new Int32Array(MAX_WORDS);
const rawBytes = new Uint8Array(raw.buffer);
const sip = new SipHash();

function putAddress(at: number, words: Int32Array, from: number): number {
  if (isV4(words, from)) {
    raw[at] = words[from + 3]!;
    return at + 1;
  }
  for (let i = 0; i < 4; i++) raw[at + i] = words[from + i]!;
  return at + 4;
}

function takeAddress(at: number, isV6: boolean, words: Int32Array): number {
  if (isV6) {
    for (let i = 0; i < 4; i++) words[i] = raw[at + i]!;
    return at + 4;
  }
  words[0] = 0;
  words[1] = 0;
  words[2] = 0xffff;
  words[3] = raw[at]!;
  return at + 1;
}

/** Leaves the check over the first `count` words, the Call-ID and a tag of the message in `sip`. */
function check(key: Uint8Array, count: number, message: Message, tagStart: number, tagEnd: number): void {
  sip.init(key);
  for (let i = 0; i < count; i++) sip.updateWord(raw[i]!);
  sip.updateRange(message.view, message.callIdStart, message.callIdEnd);
  sip.updateRange(message.view, tagStart, tagEnd);
  sip.final();
}

/**
 * Writes the token for the request at hand (its caller is at `c.peer`, its From is parsed) into `out`; returns its length.
 * `far[at]` is where it is being sent, `slot` the destination there or -1.
 */
export function writeToken(
  c: Context,
  out: Buffer,
  outAt: number,
  far: Int32Array,
  at: number,
  slot: number,
  outgoing: number,
  isNat: boolean,
): number {
  const rows = c.adopted.snapshot.destinations;
  const { listeners } = c.adopted;
  const incoming = listeners[c.listener]!;
  let flags = VERSION | (isNat ? NAT : 0) | (isV4(far, at) ? 0 : FAR_V6) | (isV4(c.peer, 0) ? 0 : CALLER_V6);
  if (incoming.isStream) flags |= CALLER_STREAM;
  const transports = (incoming.transport << 4) | listeners[outgoing]!.transport | (isFlow(far[at + 5]!) ? FAR_FLOW : 0);
  raw[0] = flags | (transports << 8) | (c.listener << 16) | (outgoing << 24);
  raw[1] = slot < 0 ? 0 : rows[slot * DESTINATION_WORDS + DestinationColumn.identity]!;
  let count = putAddress(putAddress(2, far, at), c.peer, 0);
  raw[count] = (far[at + 4]! << 16) | c.peer[4]!;
  if (incoming.isStream) raw[++count] = c.message.topVia.port || incoming.defaultPort;
  const { from } = c.message;
  check(c.adopted.snapshot.keys[0]!, count + 1, c.message, Math.max(from.tagStart, 0), Math.max(from.tagEnd, 0));
  raw[count + 1] = sip.hi;
  raw[count + 2] = sip.lo;
  return writeBase64(rawBytes, 0, (count + 3) * 4, out, outAt) - outAt;
}

/**
 * Reads and verifies the token in `start..end` of a request whose From and To are parsed, for either direction, into
 * `c.token`.
 */
export function readToken(c: Context, message: Message, start: number, end: number): TokenState {
  if (start < 0 || end - start > base64Length(MAX_WORDS * 4)) return TokenState.bad;
  const length = readBase64(message.bytes, start, end, rawBytes, 0);
  if (length < 8) return TokenState.bad;
  const flags = raw[0]! & 255;
  // Up to the ports, and the words that are signed: all but the check itself.
  const ports = 2 + ((flags & FAR_V6) !== 0 ? 4 : 1) + ((flags & CALLER_V6) !== 0 ? 4 : 1);
  const signed = ports + ((flags & CALLER_STREAM) !== 0 ? 2 : 1);
  if ((flags & 0xf0) !== VERSION || length !== (signed + 2) * 4) return TokenState.bad;
  const { token } = c;
  const { from, to } = message;
  for (const key of c.adopted.snapshot.keys) {
    check(key, signed, message, Math.max(from.tagStart, 0), Math.max(from.tagEnd, 0));
    token.side = Side.caller;
    if (!holds(signed)) {
      if (to.tagStart < 0) continue;
      check(key, signed, message, to.tagStart, to.tagEnd);
      token.side = Side.callee;
      if (!holds(signed)) continue;
    }
    token.isNat = (flags & NAT) !== 0;
    token.incoming = (raw[0]! >>> 16) & 255;
    token.outgoing = raw[0]! >>> 24;
    token.identity = raw[1]!;
    takeAddress(takeAddress(2, (flags & FAR_V6) !== 0, token.far), (flags & CALLER_V6) !== 0, token.caller);
    token.callerTransport = transportOf((raw[0]! >>> 12) & 7);
    token.farTransport = transportOf((raw[0]! >>> 8) & 7);
    token.isFlow = ((raw[0]! >>> 8) & FAR_FLOW) !== 0;
    token.far[4] = raw[ports]! >>> 16;
    token.caller[4] = raw[ports]! & 0xffff;
    token.caller[5] = (flags & CALLER_STREAM) !== 0 ? secondPortWord(raw[ports + 1]! & 0xffff) : 0;
    return TokenState.valid;
  }
  return TokenState.bad;
}

function transportOf(code: number): Transport {
  return code > Transport.udp && code <= Transport.wss ? (code as Transport) : Transport.udp;
}

function holds(signed: number): boolean {
  return ((raw[signed]! ^ sip.hi) | (raw[signed + 1]! ^ sip.lo)) === 0;
}
