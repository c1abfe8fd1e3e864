// By which policy a transaction goes, and what its requests look like: its route's, where that says something.
import { DestinationColumn } from "../bridge/snapshot.ts";
import { B, BRANCH_WORDS, BranchFlag } from "./branches.ts";
import type { Context } from "./context.ts";
import { rewriteUri, rewritten } from "./request-uri.ts";
import { T, TransactionFlag } from "./transactions.ts";
import type { WorkerTreatment } from "./treatments.ts";
import type { Policy, RewritingBytes } from "./worker-set.ts";

const UNCHANGED: RewritingBytes = { strip: 0, prefix: Buffer.alloc(0), host: Buffer.alloc(0) };

/** The failover policy of the transaction at word `at`; undefined when its set is gone, or when it has none. */
export function policyAt(c: Context, at: number): Policy | undefined {
  const treatment = treatmentAt(c, at);
  if (treatment !== null && treatment.policy !== null) return treatment.policy;
  return c.adopted.sets[c.transactions.words[at + T.set]!];
}

/** Milliseconds for which a new INVITE, the transaction at word `at`, may ring; 0: Timer C alone counts. */
export function ringLimitAt(c: Context, at: number): number {
  if ((c.transactions.words[at + T.flags]! & TransactionFlag.inDialog) !== 0) return 0;
  return policyAt(c, at)?.failover.ringLimit ?? 0;
}

/** The treatment of the transaction at word `at`, or null. */
export function treatmentAt(c: Context, at: number): WorkerTreatment | null {
  const words = c.transactions.words;
  if ((words[at + T.flags]! & TransactionFlag.treated) === 0) return null;
  return c.treatments.at(words[at + T.treatment]!);
}

/**
 * Writes into `rewritten` the request URI that the request at hand has at the destination in `slot`; false when it is the one
 * that came.
 */
export function makeUri(c: Context, slot: number, treatment: WorkerTreatment | null): boolean {
  if (slot < 0) return false;
  const place = c.adopted.snapshot.destinations[c.adopted.row(slot) + DestinationColumn.rewriting]!;
  if (place === 0 && (treatment === null || treatment.translations.length === 0)) return false;
  const { message, ownRoute } = c;
  const isStrict = ownRoute.uriStart >= 0;
  const start = isStrict ? ownRoute.uriStart : message.uriStart;
  if (!c.uri.reset(message.bytes, start, isStrict ? ownRoute.uriEnd : message.uriEnd)) return false;
  return rewriteUri(c.uri, place === 0 ? UNCHANGED : c.adopted.rewritings[place - 1]!, treatment);
}

/**
 * Keeps what `makeUri` wrote with a branch: what is sent again, its CANCEL and its ACK have the same request URI (RFC 3261
 * 9.1, 17.1.1.3), whatever is configured by then. False when there is no room for it.
 */
export function keepUri(c: Context, branch: number): boolean {
  const handle = c.store.put(rewritten.bytes, 0, rewritten.length);
  if (handle === 0) return false;
  const words = c.branches.words;
  const b = branch * BRANCH_WORDS;
  words[b + B.uri] = handle;
  words[b + B.uriLength] = rewritten.length;
  words[b + B.flags] = words[b + B.flags]! | BranchFlag.rewritten;
  return true;
}

/** Forgets a branch, and what it keeps. */
export function removeBranch(c: Context, branch: number): void {
  const words = c.branches.words;
  const b = branch * BRANCH_WORDS;
  if ((words[b + B.flags]! & BranchFlag.rewritten) !== 0) c.store.drop(words[b + B.uri]!, words[b + B.uriLength]!);
  c.branches.remove(branch);
}
