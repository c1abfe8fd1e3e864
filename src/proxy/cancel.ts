// Branches that are no longer wanted: CANCEL goes where something has been heard, and waits where nothing has (RFC 3261 9.1).
import { Method } from "../sip/method.ts";
import { B, BRANCH_WORDS, BranchFlag, BranchState } from "./branches.ts";
import { sendCancel } from "./compose.ts";
import type { Context } from "./context.ts";
import { T, TRANSACTION_WORDS } from "./transactions.ts";

/**
 * The caller has given up (CANCEL), or another branch of its INVITE has decided: all branches but `except` end as soon as they may. Other
 * requests are answered at once anyway, and CANCEL is not for them (RFC 3261 9.1).
 */
export function cancelBranches(c: Context, row: number, except: number): void {
  if (c.transactions.words[row * TRANSACTION_WORDS + T.method] !== Method.INVITE) return;
  const words = c.branches.words;
  const first = c.transactions.words[row * TRANSACTION_WORDS + T.branch]!;
  for (let branch = first; branch !== 0; branch = words[branch * BRANCH_WORDS + B.chain]!) {
    if (branch === except) continue;
    const b = branch * BRANCH_WORDS;
    if (words[b + B.state] === BranchState.proceeding) cancelBranch(c, row, branch);
    else if (words[b + B.state] === BranchState.calling)
      words[b + B.flags] = words[b + B.flags]! | BranchFlag.cancelWanted;
  }
}

/** Sends CANCEL on a branch that has had a provisional response, once. */
export function cancelBranch(c: Context, row: number, branch: number): void {
  const words = c.branches.words;
  const b = branch * BRANCH_WORDS;
  if ((words[b + B.flags]! & (BranchFlag.cancelling | BranchFlag.cancelled)) !== 0) return;
  words[b + B.flags] = (words[b + B.flags]! & ~BranchFlag.cancelWanted) | BranchFlag.cancelling;
  const timers = c.adopted.snapshot.timers;
  words[b + B.interval] = timers.t1;
  words[b + B.deadline] = c.now + 64 * timers.t1;
  sendCancel(c, row, branch);
  c.branches.wheel.arm(branch, c.now + timers.t1);
}
