// The user part of our Path (RFC 3327, RFC 5626 5.2): over which flow a registered phone is reached. Listener, the phone's
// address as its packets came, for a stream the connection itself, and a keyed check over that and the listener's own name.
// What does not verify is never an address.
import { serialAt } from "../bridge/stream-start.ts";
import { flowWord, namesConnection, placeOf } from "../bridge/way-back.ts";
import { isV4 } from "../net/endpoint.ts";
import { SipHash } from "../sip/siphash.ts";
import { base64Length, readBase64, writeBase64 } from "../sip/token.ts";
import { copyBytes } from "../sip/write.ts";
import type { Context } from "./context.ts";
import { TokenState } from "./route-finding.ts";

/** What the user part begins with, so that it is told from a user part that somebody chose for his route to us. */
export const FLOW_PREFIX: Uint8Array = Buffer.from("fl.", "latin1");

/** What stands before it in a Contact that we repaired (contact.ts). */
export const FLOW_PARAM: Uint8Array = Buffer.from(";flow=", "latin1");

/** Unlike that of a Record-Route's token (record-route.ts), which the same keys sign. */
const VERSION = 2 << 4;
const V6 = 1;
/** Two words follow the port: the endpoint's sixth word, and the serial number of the connection that it names. */
const WORD = 2;
/** Words of a token: head, address, port, sixth word and serial, check. */
const MAX_WORDS = 1 + 4 + 1 + 2 + 2;

/** Most bytes that prefix and token take. */
export const FLOW_BYTES: number = FLOW_PREFIX.length + base64Length(MAX_WORDS * 4);

const raw = new Int32Array(MAX_WORDS);
const rawBytes = new Uint8Array(raw.buffer);
const sip = new SipHash();

/** Leaves the check over the first `count` words and the name of the listener in `sip`. */
function check(key: Uint8Array, count: number, name: Uint8Array, nameView: DataView): void {
  sip.init(key);
  for (let i = 0; i < count; i++) sip.updateWord(raw[i]!);
  sip.updateRange(nameView, 0, name.length);
  sip.final();
}

/** Writes prefix and token for the flow by which the request at hand came into `out`; returns the offset behind them. */
export function writeFlow(c: Context, out: Buffer, at: number): number {
  const { peer } = c;
  const isShort = isV4(peer, 0);
  const word = peer[5]!;
  let count = 1;
  for (let i = isShort ? 3 : 0; i < 4; i++) raw[count++] = peer[i]!;
  raw[count++] = peer[4]!;
  if (word !== 0) {
    raw[count++] = word;
    raw[count++] = serialOf(c, word);
  }
  raw[0] = VERSION | (isShort ? 0 : V6) | (word === 0 ? 0 : WORD) | (c.listener << 16);
  const { routeUri, routeView } = c.adopted.listeners[c.listener]!;
  check(c.adopted.snapshot.keys[0]!, count, routeUri, routeView);
  raw[count] = sip.hi;
  raw[count + 1] = sip.lo;
  const start = copyBytes(FLOW_PREFIX, 0, FLOW_PREFIX.length, out, at);
  return writeBase64(rawBytes, 0, (count + 2) * 4, out, start);
}

/** Reads and verifies the token (without its prefix) in `start..end` into `c.flow`. */
export function readFlow(c: Context, bytes: Uint8Array, start: number, end: number): TokenState {
  if (end - start > base64Length(MAX_WORDS * 4)) return TokenState.bad;
  const length = readBase64(bytes, start, end, rawBytes, 0);
  if (length < 4) return TokenState.bad;
  const flags = raw[0]! & 255;
  const port = (flags & V6) !== 0 ? 5 : 2;
  const signed = port + ((flags & WORD) !== 0 ? 3 : 1);
  const listener = (raw[0]! >>> 16) & 255;
  if ((flags & 0xf0) !== VERSION || length !== (signed + 2) * 4) return TokenState.bad;
  if (listener >= c.adopted.listeners.length) return TokenState.bad;
  const { routeUri, routeView } = c.adopted.listeners[listener]!;
  for (const key of c.adopted.snapshot.keys) {
    check(key, signed, routeUri, routeView);
    if (((raw[signed]! ^ sip.hi) | (raw[signed + 1]! ^ sip.lo)) !== 0) continue;
    const { flow } = c;
    flow.listener = listener;
    flow.endpoint[0] = 0;
    flow.endpoint[1] = 0;
    flow.endpoint[2] = 0xffff;
    for (let i = 1; i < port; i++) flow.endpoint[4 - port + i] = raw[i]!;
    flow.endpoint[4] = raw[port]!;
    const word = (flags & WORD) !== 0 ? raw[port + 1]! : 0;
    flow.endpoint[5] = namesConnection(word) ? flowWord(word) : word;
    flow.serial = (flags & WORD) !== 0 ? raw[port + 2]! : 0;
    return TokenState.valid;
  }
  return TokenState.bad;
}

/** Whether the flow in `c.flow` can still be used: of UDP always, over a stream as long as that very connection is open. */
export function isAlive(c: Context): boolean {
  const { listener, endpoint, serial } = c.flow;
  const word = endpoint[5]!;
  if (c.adopted.listeners[listener]!.isStream !== namesConnection(word)) return false;
  return !namesConnection(word) || (serial !== 0 && serialOf(c, word) === serial);
}

/** Serial number of the connection that is open at the place that the word names; 0: none, or the word names none. */
function serialOf(c: Context, word: number): number {
  return namesConnection(word) ? (c.streamWords[serialAt(placeOf(word))] ?? 0) : 0;
}
