// What a call takes of the destination that makes it: a gateway's lines are as busy with the calls that come from it as with those
// that go there (OpenSIPS's `lb_count_call`). Taken whether there is room or not, and given back when the call is over.
import type { RouteEntry } from "../bridge/route-entry.ts";
import { Method } from "../sip/method.ts";
import type { Context } from "./context.ts";
import { D, DialogFlag } from "./dialogs.ts";
import { forceResources } from "./resources.ts";
import { T, TRANSACTION_WORDS, TransactionFlag, TransactionState } from "./transactions.ts";

/** The request at hand took this route, and came to `status`, which is returned: where it was sent, its sender pays. */
export function takeOfSender(c: Context, { senderResources: needed, fromSet }: RouteEntry, status: number): number {
  if (status !== 0 || needed === 0 || c.pool < 0) return status;
  const { message } = c;
  if (message.method !== Method.INVITE || message.to.tagStart >= 0) return status;
  const row = c.transactions.find(c.key1, c.key2);
  if (row === 0) return status;
  const t = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  if (t[at + T.state] !== TransactionState.proceeding) return status;
  const slot = fromSet >= 0 ? c.adopted.poolSlot(c.listener, c.peer, message.topVia, fromSet) : c.pool;
  const account = forceResources(c, slot, needed);
  if (account === 0) return status;
  t[at + T.flags] = t[at + T.flags]! | TransactionFlag.takesOfSender;
  t[at + T.senderAccount] = account - 1;
  t[at + T.senderResources] = needed;
  return status;
}

/** The call of the transaction at `at` came to nothing, or is forgotten. */
export function releaseSender(c: Context, at: number): void {
  const t = c.transactions.words;
  if ((t[at + T.flags]! & TransactionFlag.takesOfSender) === 0) return;
  t[at + T.flags] = t[at + T.flags]! & ~TransactionFlag.takesOfSender;
  c.live.resources.give(c.worker, t[at + T.senderAccount]!, t[at + T.senderResources]!);
}

/** The call of the transaction at `at` is that of the dialog at `d` from now on. */
export function passSender(c: Context, at: number, d: number): void {
  const t = c.transactions.words;
  if ((t[at + T.flags]! & TransactionFlag.takesOfSender) === 0) return;
  t[at + T.flags] = t[at + T.flags]! & ~TransactionFlag.takesOfSender;
  const { words } = c.dialogs;
  words[d + D.flags] = words[d + D.flags]! | DialogFlag.takesOfSender;
  words[d + D.senderAccount] = t[at + T.senderAccount]!;
  words[d + D.senderResources] = t[at + T.senderResources]!;
}

/** The dialog at `d` is over. */
export function releaseSenderOfDialog(c: Context, d: number): void {
  const { words } = c.dialogs;
  if ((words[d + D.flags]! & DialogFlag.takesOfSender) === 0) return;
  words[d + D.flags] = words[d + D.flags]! & ~DialogFlag.takesOfSender;
  c.live.resources.give(c.worker, words[d + D.senderAccount]!, words[d + D.senderResources]!);
}
