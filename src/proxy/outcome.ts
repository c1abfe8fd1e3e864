// What becomes of new requests at each destination, as outlier ejection wants to know it (health/outliers.ts). Requests within
// dialogs say little about a destination: their answers come from the other phone.
import { isAboutRequest } from "../sip/about-request.ts";
import { Method } from "../sip/method.ts";
import { type Context, Tally } from "./context.ts";
import { T, TRANSACTION_WORDS, TransactionFlag } from "./transactions.ts";

/** The first final response to the request of `row` came from the destination in `slot`; -1: from none. */
export function noteAnswered(c: Context, row: number, slot: number, status: number, isInvite: boolean): void {
  if (slot < 0 || !isNew(c, row)) return;
  const isFailed = status >= 500 && status < 600 && !isAboutRequest(status);
  c.tally(slot, isFailed ? Tally.new_failed : Tally.new_answered);
  if (!isInvite) return;
  if (status < 300) c.tally(slot, Tally.calls_taken);
  // A cancelled call says nothing about who rang, and a challenged one comes again.
  else if (status !== 487 && status !== 401 && status !== 407) c.tally(slot, Tally.calls_not_taken);
}

/**
 * Whether silence to a request of this method is that of the destination: an INVITE gets a 100 at once, and a REGISTER is for itself. What
 * goes on to a phone waits for that, and nobody may say so before (RFC 4320 4.1).
 */
export function tellsBySilence(method: number): boolean {
  return method === Method.INVITE || method === Method.REGISTER;
}

/** No answer to the request of `row` came from the destination in `slot`, or the network refused it. */
export function noteUnanswered(c: Context, row: number, slot: number, isInvite: boolean): void {
  if (slot < 0 || !isNew(c, row)) return;
  c.tally(slot, Tally.new_unanswered);
  if (isInvite) c.tally(slot, Tally.calls_not_taken);
}

function isNew(c: Context, row: number): boolean {
  return (c.transactions.words[row * TRANSACTION_WORDS + T.flags]! & TransactionFlag.inDialog) === 0;
}
