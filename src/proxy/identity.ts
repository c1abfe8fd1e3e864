// What a message is told apart by: its call, its transaction, its tags, and everything that affects its routing. All
// hashes are seeded per process and equal in all workers.
import type { Message } from "../sip/message.ts";
import { Method } from "../sip/method.ts";
import type { Context } from "./context.ts";

/** Sets `call1` and `call2` from the Call-ID of the message at hand. */
export function hashCall(c: Context): void {
  c.call1 = c.hash.of(c.message.view, c.message.callIdStart, c.message.callIdEnd);
  c.call2 = c.hash.hi;
}

/**
 * A number that all messages of a call share and those of other calls mostly do not; 0: it cannot be told. Four pieces of the Call-ID, for
 * what must keep its order (`Outbox.call`) and need not resist anybody.
 */
export function callOf(message: Message): number {
  const { callIdStart: start, view } = message;
  const last = message.callIdEnd - 4;
  if (start < 0 || last < start) return 0;
  const third = ((last - start) / 3) | 0;
  let mix = view.getInt32(start, true) ^ Math.imul(view.getInt32(start + third, true), 0x9e3779b1);
  mix = Math.imul(mix ^ (mix >>> 15), 0x85ebca6b) ^ Math.imul(view.getInt32(last - third, true), 0xc2b2ae35);
  mix = Math.imul(mix ^ (mix >>> 13) ^ view.getInt32(last, true), 0x27d4eb2f);
  return mix ^ (mix >>> 16);
}

/**
 * Sets the key of the server transaction to which the request at hand belongs (RFC 3261 17.2.3). ACK and CANCEL get the
 * key of their INVITE. The Call-ID is part of it, although the RFC is content with the branch: a stranger who guesses a
 * counted branch must not cancel the call. False for a caller without branches (RFC 2543): its key is made of what 17.2.3 lists instead.
 */
export function hashTransaction(c: Context): boolean {
  const { message, hash } = c;
  const { view, topVia: via } = message;
  const method = message.method === Method.ACK || message.method === Method.CANCEL ? Method.INVITE : message.method;
  hash.begin();
  if (via.hasMagic) {
    hash.update(view, via.branchStart, via.branchEnd);
    hash.update(view, via.hostStart, via.hostEnd);
    hash.updateWord((via.port << 8) | method);
  } else {
    hash.update(view, message.uriStart, message.uriEnd);
    if (message.from.tagStart >= 0) hash.update(view, message.from.tagStart, message.from.tagEnd);
    hash.update(view, via.start, via.end);
    hash.updateWord(message.cseq);
    hash.updateWord(method);
  }
  if (method === Method.unknown) hash.update(view, message.methodStart, message.methodEnd);
  hash.updateWord(c.call1);
  hash.updateWord(c.call2);
  c.key1 = hash.finish();
  c.key2 = hash.hi;
  return via.hasMagic;
}

/** Hash of a tag, never zero. */
export function tagHash(c: Context, view: DataView, start: number, end: number): number {
  const value = c.hash.of(view, start, end);
  return value === 0 ? 1 : value;
}

/** Hash of the From tag of the request at hand; 0 when it has none. */
export function fromTagHash(c: Context): number {
  const { from, view } = c.message;
  return from.tagStart < 0 ? 0 : tagHash(c, view, from.tagStart, from.tagEnd);
}

/**
 * Hash of everything that affects how the request at hand is routed: target, next Route, call and number, and whether routes ask for
 * its sender; `c.pool` must be set. A request that comes back with it unchanged loops; one that a server of the pool hands back to
 * where its kind has another route does not (RFC 3261 16.6 point 8). The tags RFC 5393 4.2.2 adds say no more than Call-ID and CSeq do here.
 */
export function loopHash(c: Context): number {
  const { message, outerHash: hash, ownRoute } = c;
  const { view } = message;
  hash.begin();
  if (ownRoute.uriStart >= 0) hash.update(view, ownRoute.uriStart, ownRoute.uriEnd);
  else hash.update(view, message.uriStart, message.uriEnd);
  if (ownRoute.nextStart >= 0) hash.update(view, ownRoute.nextStart, ownRoute.nextEnd);
  hash.updateWord(c.call1);
  hash.updateWord(message.cseq);
  // Of its sets and not of the sender: of several servers, one after the other could else take part in a loop.
  const { senderSets } = c.adopted;
  for (let i = 0; c.pool >= 0 && i < senderSets.length; i++)
    if (c.adopted.poolSlot(c.listener, c.peer, message.topVia, senderSets[i]!) >= 0) hash.updateWord(senderSets[i]!);
  return hash.finish();
}
