// A worker goes through its tables and says what it finds: how many calls its transactions and dialogs really hold on each
// destination, beside what it has counted. Between two turns, so nothing changes meanwhile: what differs is wrong.
import { OUTSIDE, RecountColumns, RecountWish } from "../bridge/recount.ts";
import { ACCOUNT_SHIFT } from "../bridge/resource-loads.ts";
import { ControlWord } from "../bridge/worker-start.ts";
import { B, BRANCH_WORDS, BranchFlag, BranchState } from "./branches.ts";
import { loseCall } from "./call.ts";
import type { Context } from "./context.ts";
import { D, DIALOG_WORDS, DialogFlag, DialogState } from "./dialogs.ts";
import { releaseSenderOfDialog } from "./sender.ts";
import { T, TRANSACTION_WORDS, TransactionFlag, TransactionState } from "./transactions.ts";

/** Does what main has asked for and says so. `own` is where the worker's control block begins. */
export function obeyRecount(c: Context, control: Int32Array, own: number): void {
  const asked = Atomics.load(control, own + ControlWord.recount);
  const columns = new RecountColumns(c.live.memory.recounts, c.worker, c.workers);
  if ((asked & RecountWish.release) !== 0) releaseLost(c, columns);
  const isRepair = (asked & RecountWish.repair) !== 0;
  recount(c, columns, isRepair);
  recountResources(c, columns.resources, isRepair);
  Atomics.store(control, own + ControlWord.recounted, asked);
}

/**
 * Calls on destinations that main has declared over are no longer counted, and what calls took that such a one made is given back.
 * Their dialogs are still known by their requests.
 */
function releaseLost(c: Context, { over, givenBack }: RecountColumns): void {
  const { words, highest } = c.dialogs;
  const gone = accountsOf(c, over);
  for (let row = 1; row <= highest; row++) {
    const d = row * DIALOG_WORDS;
    if (words[d + D.state] === DialogState.free || (words[d + D.flags]! & DialogFlag.counted) === 0) continue;
    const slot = words[d + D.slot]!;
    if (slot >= 0 && over[slot] === 1) loseCall(c, d);
    else if ((words[d + D.flags]! & DialogFlag.takesOfSender) !== 0 && gone.has(words[d + D.senderAccount]!)) {
      releaseSenderOfDialog(c, d);
      givenBack[0]!++;
    }
  }
}

/** The accounts of these destinations' resources. */
function accountsOf(c: Context, over: Int32Array): ReadonlySet<number> {
  const { accounts } = c.adopted.snapshot.resources;
  const found = new Set<number>();
  for (let slot = 0; slot < accounts.length; slot++) if (over[slot] === 1) found.add(accounts[slot]!);
  return found;
}

function recount(c: Context, { transactions, dialogs, held }: RecountColumns, isRepair: boolean): void {
  transactions.fill(0);
  dialogs.fill(0);
  const branches = c.branches.words;
  for (let row = 1; row <= c.branches.highest; row++) {
    const at = row * BRANCH_WORDS;
    if (branches[at + B.state] === BranchState.free || (branches[at + B.flags]! & BranchFlag.counted) === 0) continue;
    transactions[placeOf(branches[at + B.slot]!)]!++;
  }
  const d = c.dialogs.words;
  for (let row = 1; row <= c.dialogs.highest; row++) {
    const at = row * DIALOG_WORDS;
    if (d[at + D.state] === DialogState.free || (d[at + D.flags]! & DialogFlag.counted) === 0) continue;
    dialogs[placeOf(d[at + D.slot]!)]!++;
  }
  for (let slot = 0; slot < OUTSIDE; slot++) {
    held[slot] = c.live.heldBy(c.worker, slot);
    const drift = held[slot]! - transactions[slot]! - dialogs[slot]!;
    if (isRepair && drift !== 0) c.live.correct(c.worker, slot, -drift);
  }
  held[OUTSIDE] = c.callsOutside;
  if (isRepair) c.callsOutside = transactions[OUTSIDE]! + dialogs[OUTSIDE]!;
}

/** The same for what calls have taken of named resources. */
function recountResources(c: Context, drifts: Int32Array, isRepair: boolean): void {
  const { resources } = c.live;
  if (resources.rows === 0) return;
  const found = new Int32Array(resources.rows << ACCOUNT_SHIFT);
  const t = c.transactions.words;
  for (let row = 1; row <= c.transactions.highest; row++) {
    const at = row * TRANSACTION_WORDS;
    if (t[at + T.state] === TransactionState.free) continue;
    if ((t[at + T.flags]! & TransactionFlag.takesOfSender) !== 0)
      addResources(found, t[at + T.senderAccount]! + 1, t[at + T.senderResources]!);
  }
  const branches = c.branches.words;
  for (let row = 1; row <= c.branches.highest; row++) {
    const at = row * BRANCH_WORDS;
    if (branches[at + B.state] === BranchState.free) continue;
    addResources(found, branches[at + B.account]!, t[branches[at + B.transaction]! * TRANSACTION_WORDS + T.resources]!);
  }
  const d = c.dialogs.words;
  for (let row = 1; row <= c.dialogs.highest; row++) {
    const at = row * DIALOG_WORDS;
    if (d[at + D.state] === DialogState.free) continue;
    addResources(found, d[at + D.account]!, d[at + D.resources]!);
    if ((d[at + D.flags]! & DialogFlag.takesOfSender) !== 0)
      addResources(found, d[at + D.senderAccount]! + 1, d[at + D.senderResources]!);
  }
  resources.compare(c.worker, found, drifts, isRepair);
}

/** `account` is one more than it is; 0: none holds any. */
function addResources(found: Int32Array, account: number, held: number): void {
  if (account === 0) return;
  const row = (account - 1) << ACCOUNT_SHIFT;
  for (let number = 0, left = held; left !== 0; number++, left >>>= 1) if ((left & 1) === 1) found[row + number]!++;
}

function placeOf(slot: number): number {
  return slot < 0 ? OUTSIDE : slot;
}
