// What becomes of new requests at each destination, as outlier ejection wants to know it (health/outliers.ts). Requests within
// dialogs say little about a destination: their answers come from the other phone.
import { inRanges } from "../bridge/address-ranges.ts";
import { isV4 } from "../net/endpoint.ts";
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
  else if (isFailed || isTrustedsRefusal(c, row, status)) c.tally(slot, Tally.calls_not_taken);
}

/**
 * Whether a refusal says something because of who called: a stranger gets any of them by what it dials, offers, or has its own phone
 * answer. A cancelled call says nothing about who rang, and a challenged one comes again.
 */
function isTrustedsRefusal(c: Context, row: number, status: number): boolean {
  if (status === 487 || status === 401 || status === 407) return false;
  const t = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  return (t[at + T.flags]! & TransactionFlag.fromPool) !== 0 || inRanges(c.adopted.snapshot.trusted, t, at + T.peer);
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

/**
 * The destination in `slot` has said nothing at all to the request of `row`, sent at `sent`: passive health counts that. Silence
 * within a dialog may be that of the other phone. To a new request that waits for a phone it may be, too: of those one caller
 * alone makes no row, whoever has a phone that is not there.
 */
export function noteSilence(c: Context, row: number, slot: number, sent: number): void {
  if (slot < 0 || !isNew(c, row)) return;
  const t = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  c.live.silences.note(slot, (sent + c.skew) | 0, tellsBySilence(t[at + T.method]!) ? 0 : callerAt(t, at + T.peer));
}

/** A number for whose address it is, never 0; what has a network of IPv6 for itself is one. */
function callerAt(words: Int32Array, at: number): number {
  return (isV4(words, at) ? words[at + 3]! : words[at]! ^ Math.imul(words[at + 1]!, 0x9e3779b1)) || 1;
}

function isNew(c: Context, row: number): boolean {
  return (c.transactions.words[row * TRANSACTION_WORDS + T.flags]! & TransactionFlag.inDialog) === 0;
}
