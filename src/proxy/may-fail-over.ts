// Whether a request may move on when a try has come to nothing, and why tries do.
import type { Context } from "./context.ts";
import { T, TransactionFlag, TransactionState } from "./transactions.ts";
import { policyAt } from "./treatment-of.ts";

/** Why a branch came to nothing. */
export const Cause = { timeout: 0, transportError: 1, code: 2, ringing: 3 } as const;
export type Cause = (typeof Cause)[keyof typeof Cause];

/** Whether the transaction at word `at` may go on to another destination after this. */
export function mayFailOver(c: Context, at: number, cause: Cause): boolean {
  const t = c.transactions.words;
  const flags = t[at + T.flags]!;
  if (t[at + T.set]! < 0 || (flags & (TransactionFlag.cancelled | TransactionFlag.inDialog)) !== 0) return false;
  if (t[at + T.state] !== TransactionState.proceeding || t[at + T.tries]! <= 0) return false;
  if (t[at + T.candidate]! >= t[at + T.candidates]! && !mayFindMore(c, at, cause)) return false;
  const policy = policyAt(c, at);
  if (policy === undefined) return false;
  const { failover } = policy;
  if (cause === Cause.ringing) return failover.onRingTimeout;
  if ((flags & TransactionFlag.ringing) !== 0 && !failover.afterProvisional) return false;
  return cause === Cause.code || (cause === Cause.timeout ? failover.onTimeout : failover.onTransportError);
}

/**
 * Whether somebody may have room by now who had none when the candidates were chosen. Silence of the last candidate is not ended early
 * for that: it was given all the time there is.
 */
function mayFindMore(c: Context, at: number, cause: Cause): boolean {
  if (cause === Cause.timeout) return false;
  const set = c.adopted.sets[c.transactions.words[at + T.set]!];
  return set?.dispatch.algorithm.choosesAgain === true;
}
