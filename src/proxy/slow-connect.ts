// Requests that wait for a connection which takes long to be made (RFC 8305): the stream worker is told another address of the same name,
// and when the connection there is made first, the request goes there. That says nothing against where it waited: a connection that
// fails is told as any other.
import { BranchKind, MAGIC_BYTES } from "../bridge/branch-format.ts";
import type { Ring } from "../bridge/handoff.ts";
import { B, BRANCH_WORDS, BranchFlag, BranchState } from "./branches.ts";
import { holdCall, releaseCall } from "./call.ts";
import type { Context } from "./context.ts";
import { Cause, mayFailOver } from "./may-fail-over.ts";
import { branchRow, findBranch } from "./own-branch.ts";
import { forceResources } from "./resources.ts";
import { restore } from "./restore.ts";
import { otherAddress } from "./same-name.ts";
import { T, TRANSACTION_WORDS } from "./transactions.ts";
import { sendingListener, tryInstead } from "./tries.ts";
import { sendRequest } from "./write-request.ts";

/** Those that stay where they are: given up, to be cancelled, one of several, or with a way of their own. */
const STAYING =
  BranchFlag.abandoned | BranchFlag.cancelWanted | BranchFlag.moved | BranchFlag.forked | BranchFlag.waits;

/** The request that a `slow` tells of may wait for one more connection, if there is another address that it may go to. */
export function nameAnother(c: Context, ring: Ring): void {
  const branch = branchOf(c, ring);
  if (branch === 0 || !mayLeave(c, branch)) return;
  const words = c.branches.words;
  const b = branch * BRANCH_WORDS;
  const at = words[b + B.transaction]! * TRANSACTION_WORDS;
  const slot = otherAddress(c, at, words[b + B.slot]!, ring.local[0]!);
  if (slot < 0) return;
  const row = c.adopted.row(slot);
  const listener = sendingListener(c, at, row);
  if (listener < 0 || !c.adopted.listeners[listener]!.isStream) return;
  c.outbox.passDial(listener, c.adopted.snapshot.destinations, row, ring.time, slot);
}

/** The request that an `outrun` tells of has not left: it goes to the address that is connected, or waits again where it did. */
export function goElsewhere(c: Context, ring: Ring): void {
  const branch = branchOf(c, ring);
  const words = c.branches.words;
  const b = branch * BRANCH_WORDS;
  if (branch === 0 || words[b + B.state] !== BranchState.calling) return;
  const row = words[b + B.transaction]!;
  const flags = words[b + B.flags]!;
  if ((flags & BranchFlag.abandoned) !== 0) {
    words[b + B.flags] = flags | BranchFlag.outrun;
    return;
  }
  if (mayLeave(c, branch) && restore(c, row)) {
    // First: what both have in common may have room for one call.
    releaseCall(c, branch);
    if (tryInstead(c, row, ring.time) === 0) {
      c.branches.wheel.disarm(branch);
      words[b + B.flags] = words[b + B.flags]! | BranchFlag.abandoned | BranchFlag.outrun;
      return;
    }
    if ((flags & BranchFlag.counted) !== 0) {
      holdCall(c, branch);
      const needed = c.transactions.words[row * TRANSACTION_WORDS + T.resources]!;
      words[b + B.account] = forceResources(c, words[b + B.slot]!, needed);
    }
  }
  words[b + B.flags] = words[b + B.flags]! | BranchFlag.waits;
  if (restore(c, row)) sendRequest(c, row, branch);
}

function branchOf(c: Context, { bytes, start, end }: Ring): number {
  const at = findBranch(bytes, start, end);
  return at < 0 || bytes[at + MAGIC_BYTES] !== BranchKind.stateful ? 0 : branchRow(c, bytes, at);
}

/** Whether the request of a branch that has not left may go to another candidate: as if it had failed here. */
function mayLeave(c: Context, branch: number): boolean {
  const words = c.branches.words;
  const b = branch * BRANCH_WORDS;
  if (words[b + B.state] !== BranchState.calling || (words[b + B.flags]! & STAYING) !== 0) return false;
  const at = words[b + B.transaction]! * TRANSACTION_WORDS;
  const { words: t, slots } = c.transactions;
  if (!mayFailOver(c, at, Cause.transportError)) return false;
  return slots[(at + T.slots) * 2 + t[at + T.candidate]! - 1] === words[b + B.slot];
}
