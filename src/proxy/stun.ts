// STUN on a SIP port (RFC 5626 3.5.2): a phone that keeps its flow open by a binding request learns its address from the
// answer, and that the flow still is what it was. Only what RFC 5389 asks of the smallest server, and only over UDP.
import { isV4 } from "../net/endpoint.ts";
import { type Context, Count } from "./context.ts";
import { isAllowed } from "./trust.ts";

const HEADER_BYTES = 20;
const ATTRIBUTE_BYTES = 8;
const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const COOKIE = 0x2112a442;
const XOR_MAPPED_ADDRESS = 0x0020;
/** Attributes below this must be understood (RFC 5389 15); the smallest server understands none. */
const OPTIONAL = 0x8000;

/**
 * Answers the binding request that is in `start..end` of a datagram from `c.peer`. Everything else, and what asks for more,
 * is dropped: the answer is 32 bytes to 20, 44 over IPv6, and never more than three times what came.
 */
export function answerStun(c: Context, bytes: Buffer, start: number, end: number): void {
  if (c.adopted.listeners[c.listener]!.isStream || !isAllowed(c) || !isBindingRequest(bytes, start, end)) {
    c.count(Count.dropped_keepalive);
    return;
  }
  const { peer, outbox } = c;
  const isShort = isV4(peer, 0);
  const out = outbox.bytes;
  const at = outbox.claim();
  const valueBytes = isShort ? ATTRIBUTE_BYTES : ATTRIBUTE_BYTES + 12;
  out.writeUInt16BE(BINDING_SUCCESS, at);
  out.writeUInt16BE(4 + valueBytes, at + 2);
  bytes.copy(out, at + 4, start + 4, start + HEADER_BYTES);
  out.writeUInt16BE(XOR_MAPPED_ADDRESS, at + HEADER_BYTES);
  out.writeUInt16BE(valueBytes, at + HEADER_BYTES + 2);
  out.writeUInt16BE(isShort ? 1 : 2, at + HEADER_BYTES + 4);
  out.writeUInt16BE((peer[4]! ^ (COOKIE >>> 16)) & 0xffff, at + HEADER_BYTES + 6);
  const value = at + HEADER_BYTES + ATTRIBUTE_BYTES;
  if (isShort) out.writeInt32BE(peer[3]! ^ COOKIE, value);
  else for (let i = 0; i < 4; i++) out.writeInt32BE(peer[i]! ^ bytes.readInt32BE(start + 4 + i * 4), value + i * 4);
  outbox.commit(HEADER_BYTES + 4 + valueBytes, c.listener, peer, 0);
  outbox.from(c.local, 0);
  c.count(Count.stun_answered);
}

/** A whole binding request (RFC 5389 6), with nothing in it that must be understood. */
function isBindingRequest(bytes: Buffer, start: number, end: number): boolean {
  if (end - start < HEADER_BYTES || bytes.readUInt16BE(start) !== BINDING_REQUEST) return false;
  if (bytes.readUInt32BE(start + 4) !== COOKIE || bytes.readUInt16BE(start + 2) !== end - start - HEADER_BYTES)
    return false;
  let at = start + HEADER_BYTES;
  while (at + 4 <= end) {
    if (bytes.readUInt16BE(at) < OPTIONAL) return false;
    at += 4 + ((bytes.readUInt16BE(at + 2) + 3) & ~3);
  }
  return at === end;
}
