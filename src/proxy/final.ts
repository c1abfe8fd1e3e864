// The end of a transaction: which final response the caller gets (RFC 3261 16.7 points 5 to 9).
import { Method } from "../sip/method.ts";
import { logAccess } from "./access-log.ts";
import { endDialog } from "./call.ts";
import { forwardResponse } from "./compose.ts";
import { type Context, Count } from "./context.ts";
import { rank } from "./rank.ts";
import { spendFinal } from "./ration.ts";
import { reply, replyUnavailable } from "./reply.ts";
import { restore } from "./restore.ts";
import { complete, removeTransaction } from "./server.ts";
import { T, TRANSACTION_WORDS, TransactionFlag, TransactionState } from "./transactions.ts";
import { policyAt } from "./treatment-of.ts";
import { hasProtected, isAnswererTrusted } from "./trust.ts";

/** Keeps the response at hand, which came for `branch`, if it is better than what the transaction has. */
export function keepBest(c: Context, row: number, branch: number): void {
  const t = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  const { message } = c;
  const best = t[at + T.best]!;
  if (best !== 0 && rank(best) <= rank(message.status)) return;
  c.store.drop(t[at + T.bestResponse]!, t[at + T.bestLength]!);
  const handle = c.store.put(message.bytes, message.start, message.end, message.place);
  t[at + T.bestResponse] = handle;
  t[at + T.bestLength] = message.end - message.start;
  // Without room for its bytes, the response is as good as none.
  t[at + T.best] = handle === 0 ? 0 : message.status;
  const flags = (t[at + T.flags]! & ~TransactionFlag.bestOfStranger) | TransactionFlag.hasBest;
  const isStrangers = hasProtected(c) && !isAnswererTrusted(c, branch);
  t[at + T.flags] = isStrangers ? flags | TransactionFlag.bestOfStranger : flags;
}

/** Passes on the final response at hand, which came for `branch` (0: it was kept), and completes the transaction. */
export function forwardFinal(c: Context, row: number, branch: number): void {
  const status = c.message.status;
  const start = c.outbox.claim();
  const length = forwardResponse(c, row, branch);
  if (length > 0) complete(c, row, status, start, length);
}

/** Answers the request at hand, which is that of `row`, with a final response of our own. */
export function answer(c: Context, row: number, status: number): void {
  const start = c.outbox.claim();
  const length = reply(c, status);
  spendFinal(c, row, length);
  complete(c, row, status, start, length);
}

/** No candidate is left: the caller gets the best answer there is, or ours. Replaces the message at hand. */
export function conclude(c: Context, row: number, isTransportError: boolean): void {
  const t = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  const best = t[at + T.best]!;
  const isCancelled = (t[at + T.flags]! & TransactionFlag.cancelled) !== 0;
  // Who has given up hears that it is over (RFC 3261 9.2), not what an older branch said before.
  if (best !== 0 && best !== 503 && (!isCancelled || best === 487)) {
    const handle = t[at + T.bestResponse]!;
    const start = c.store.start(handle);
    if (c.message.reset(c.store.bytes(handle), start, start + t[at + T.bestLength]!) === 0) {
      forwardFinal(c, row, 0);
      return;
    }
  }
  if (!restore(c, row)) {
    removeTransaction(c, row);
    return;
  }
  if (isCancelled) {
    answer(c, row, 487);
  } else if (isTransportError && (t[at + T.flags]! & TransactionFlag.flow) !== 0) {
    c.count(Count.rejected_flow_failed);
    answer(c, row, 430);
  } else if (best === 503 || isTransportError) {
    // Nobody is there who could have the call.
    if (isTransportError && t[at + T.method] === Method.BYE) endDialog(c, row);
    // A proxy does not hand on a 503 that is not about itself (RFC 3261 16.7).
    const start = c.outbox.claim();
    const policy = policyAt(c, at);
    const length = replyUnavailable(c, policy?.unavailable);
    spendFinal(c, row, length);
    complete(c, row, policy?.unavailable.status ?? 500, start, length);
  } else if (t[at + T.method] === Method.INVITE) {
    answer(c, row, 408);
  } else {
    // RFC 4320 4.2: no 408 for a non-INVITE; the caller's own timer has told it by now.
    if (c.adopted.snapshot.accessLog) logAccess(c, row, 0);
    if (t[at + T.method] === Method.BYE) endDialog(c, row);
    t[at + T.state] = TransactionState.terminated;
    c.transactions.wheel.arm(row, c.now + c.adopted.snapshot.timers.linger);
  }
}
