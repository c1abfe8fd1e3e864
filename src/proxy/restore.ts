// Brings a stored request back to hand, as if it had just arrived: for retransmission, failover, CANCEL, ACK and our own
// answers. The bytes are those that came in; what was changed is changed again.
import { copyEndpoint } from "../net/endpoint.ts";
import type { Message } from "../sip/message.ts";
import { B, BRANCH_WORDS } from "./branches.ts";
import type { Context } from "./context.ts";
import { isViaTrue, readOwnRoute } from "./own-route.ts";
import { T, TRANSACTION_WORDS, TransactionFlag } from "./transactions.ts";

/** Reads the stored request of `row` into `message`; false when it is no longer kept. */
export function readStored(c: Context, row: number, message: Message): boolean {
  const words = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  const handle = words[at + T.request]!;
  if (handle === 0) return false;
  const start = c.store.start(handle);
  if (message.reset(c.store.bytes(handle), start, start + words[at + T.requestLength]!) !== 0) return false;
  message.parseFirstRoute();
  return (
    message.requestUri.reset(message.bytes, message.uriStart, message.uriEnd) &&
    message.parseFrom() &&
    message.parseTo()
  );
}

/** Makes the stored request of `row` the message at hand; false when it is no longer kept. */
export function restore(c: Context, row: number): boolean {
  if (!readStored(c, row, c.message)) return false;
  const words = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  c.listener = words[at + T.listener]!;
  copyEndpoint(words, at + T.peer, c.peer, 0);
  for (let i = 0; i < 4; i++) c.local[i] = words[at + T.local + i]!;
  c.call1 = words[at + T.call1]!;
  c.call2 = words[at + T.call2]!;
  c.key1 = words[at + T.key1]!;
  c.key2 = words[at + T.key2]!;
  c.isViaTrue = isViaTrue(c, c.message);
  readOwnRoute(c, c.message, c.ownRoute);
  c.ownRoute.dropsAll = (words[at + T.flags]! & TransactionFlag.dropsRoutes) !== 0;
  // As it was sent first: since then, who is of the pool may be others.
  c.loop = c.branches.words[words[at + T.branch]! * BRANCH_WORDS + B.loop]!;
  return true;
}
