// A destination failed a request in a way that its route, or its set, marks it for (Kamailio's ds_mark_dst): main is told, and
// takes it out until it is known to be well.
import { RecordKind } from "../bridge/handoff.ts";
import { MarkWord } from "../bridge/mark-word.ts";
import type { Context } from "./context.ts";
import { T, TransactionFlag } from "./transactions.ts";
import { policyAt } from "./treatment-of.ts";
import { Mark } from "./worker-set.ts";

const nobody = new Int32Array(6);
const about = new Int32Array(4);
const nothing = Buffer.alloc(0);

/** The new request of the transaction at word `at`, sent at `sent`, got `status` from the destination in `slot`; 0: no answer at all. */
export function markIfAsked(c: Context, at: number, slot: number, status: number, sent: number): void {
  const isInDialog = (c.transactions.words[at + T.flags]! & TransactionFlag.inDialog) !== 0;
  const policy = policyAt(c, at);
  if (policy === undefined) return;
  const mark = policy.markCode[status]!;
  if (slot < 0 || isInDialog || mark === Mark.none || !c.live.isUsable(slot)) return;
  // Where main has no time to listen, the next failure tells it.
  about[MarkWord.sent] = (sent + c.skew) | 0;
  about[MarkWord.forGood] = mark === Mark.disabled ? 1 : 0;
  about[MarkWord.after] = policy.failover.markAfter;
  c.toMain.push(RecordKind.marked, slot, status, nobody, 0, about, 0, nothing, 0, 0);
}
