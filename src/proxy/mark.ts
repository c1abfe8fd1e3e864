// A destination failed a request in a way that its route, or its set, marks it for (Kamailio's ds_mark_dst): main is told, and
// takes it out until it is known to be well.
import { RecordKind } from "../bridge/handoff.ts";
import type { Context } from "./context.ts";
import { T, TransactionFlag } from "./transactions.ts";
import { policyAt } from "./treatment-of.ts";
import { Mark } from "./worker-set.ts";

const nobody = new Int32Array(6);
const nothing = Buffer.alloc(0);

/** The new request of the transaction at word `at` got `status` from the destination in `slot`; 0: no answer at all. */
export function markIfAsked(c: Context, at: number, slot: number, status: number): void {
  const isInDialog = (c.transactions.words[at + T.flags]! & TransactionFlag.inDialog) !== 0;
  const mark = policyAt(c, at)?.markCode[status] ?? Mark.none;
  if (slot < 0 || isInDialog || mark === Mark.none || !c.live.isUsable(slot)) return;
  // Where main has no time to listen, the next failure tells it.
  const kind = mark === Mark.disabled ? RecordKind.markedForGood : RecordKind.marked;
  c.toMain.push(kind, slot, status, nobody, 0, nobody, 0, nothing, 0, 0);
}
