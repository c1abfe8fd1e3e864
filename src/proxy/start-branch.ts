// The beginning of a client transaction (RFC 3261 16.6, 17.1): a row, the request sent by it, its timers.
import { copyEndpoint } from "../net/endpoint.ts";
import { B, BRANCH_WORDS, BranchState } from "./branches.ts";
import { type Context, Tally } from "./context.ts";
import { Cause, mayFailOver } from "./may-fail-over.ts";
import { T, TRANSACTION_WORDS, TransactionFlag } from "./transactions.ts";
import { keepUri, makeUri, policyAt, removeBranch, treatmentAt } from "./treatment-of.ts";
import { sendRequest } from "./write-request.ts";

/**
 * Sends the request at hand, which belongs to `row`, to one address, and starts its branch. `slot` is the destination's,
 * or -1; `breadth` the Max-Breadth of a forked one. Returns 0, or the status to be answered when nothing could be sent.
 */
export function startBranch(
  c: Context,
  row: number,
  slot: number,
  endpoint: Int32Array,
  endpointAt: number,
  listener: number,
  flags = 0,
  breadth = 0,
): number {
  const branch = c.branches.create();
  if (branch === 0) return 503;
  const words = c.branches.words;
  const b = branch * BRANCH_WORDS;
  const t = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  words[b + B.transaction] = row;
  words[b + B.nonce] = c.nonces.next();
  words[b + B.state] = BranchState.calling;
  words[b + B.flags] = flags;
  words[b + B.slot] = slot;
  words[b + B.listener] = listener;
  words[b + B.loop] = c.loop;
  words[b + B.breadth] = breadth;
  copyEndpoint(endpoint, endpointAt, words, b + B.endpoint);
  if ((t[at + T.flags]! & (TransactionFlag.inDialog | TransactionFlag.fromPool | TransactionFlag.flow)) === 0) {
    if (makeUri(c, slot, treatmentAt(c, at)) && !keepUri(c, branch)) {
      removeBranch(c, branch);
      return 503;
    }
  }
  if (!sendRequest(c, row, branch)) {
    removeBranch(c, branch);
    return 513;
  }
  words[b + B.chain] = t[at + T.branch]!;
  t[at + T.branch] = branch;
  words[b + B.sent] = c.now;
  c.tally(slot, Tally.requests);
  const timers = c.adopted.snapshot.timers;
  const patience = mayFailOver(c, at, Cause.timeout) ? policyAt(c, at)!.failover.answerWithin : 64 * timers.t1;
  words[b + B.interval] = timers.t1;
  words[b + B.deadline] = c.now + patience;
  // Timers A and E are for datagrams: over a stream nothing is sent twice (RFC 3261 17.1.1.2, 17.1.2.2).
  const isReliable = c.adopted.listeners[words[b + B.listener]!]!.isStream;
  c.branches.wheel.arm(branch, c.now + (isReliable ? patience : Math.min(timers.t1, patience)));
  return 0;
}
