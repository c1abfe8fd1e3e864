// What a caller gets from us that no destination said, in bytes: at most three times what came from it. A source address may
// be forged, and a proxy that repeats its answers would be an amplifier in front of somebody else's door.
import type { Context } from "./context.ts";
import { MOST_ECHO, reply } from "./reply.ts";
import { T, TRANSACTION_WORDS, TransactionFlag } from "./transactions.ts";
import { isTrusted } from "./trust.ts";

/** The request of this transaction is at hand once more: so many more bytes may go back. */
export function earn(c: Context, row: number): void {
  spend(c, row, -MOST_ECHO * (c.message.end - c.message.start));
}

/** Answers the request at hand, which is that of `row`, with 100. */
export function replyTrying(c: Context, row: number): void {
  raise(c, row, TransactionFlag.trying);
  spend(c, row, reply(c, 100));
}

/** The transaction of the request at hand ends with an answer of our own, `length` bytes long, which has been sent. */
export function spendFinal(c: Context, row: number, length: number): void {
  spend(c, row, length);
  if (!isTrusted(c)) raise(c, row, TransactionFlag.rationed);
}

/** Whether Timer G may repeat the stored answer of this transaction: a destination's always, ours as far as it goes. */
export function mayRepeat(c: Context, row: number): boolean {
  const at = row * TRANSACTION_WORDS;
  const words = c.transactions.words;
  if ((words[at + T.flags]! & TransactionFlag.rationed) === 0) return true;
  return words[at + T.spent]! + words[at + T.responseLength]! <= MOST_ECHO * words[at + T.requestLength]!;
}

function spend(c: Context, row: number, bytes: number): void {
  const at = row * TRANSACTION_WORDS + T.spent;
  c.transactions.words[at] = c.transactions.words[at]! + bytes;
}

function raise(c: Context, row: number, flag: number): void {
  const at = row * TRANSACTION_WORDS + T.flags;
  c.transactions.words[at] = c.transactions.words[at]! | flag;
}
