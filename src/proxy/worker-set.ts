// Dispatcher sets and failover policies as one worker uses them: algorithms looked up by name, codes as a bitmap, answers
// spelled out.

import type { FailoverEntry, FailureAnswer } from "../bridge/failover-entry.ts";
import type { RewritingEntry } from "../bridge/request-changes.ts";
import type { SetEntry } from "../bridge/snapshot.ts";
import { algorithmByName } from "../dispatch/algorithms/index.ts";
import type { DispatcherSet, ResourceTable } from "../dispatch/types.ts";
import { retryAfterLine } from "./retry-after.ts";

/** A dispatcher set with its failover policy in the form that the packet path asks for. */
export interface WorkerSet extends Policy {
  readonly dispatch: DispatcherSet;
  /** See `SetEntry.key`. */
  readonly key: number;
  /** See `SetEntry.hasStandby`. */
  readonly hasStandby: boolean;
  readonly startsSlowly: boolean;
}

/** When a request moves on, and what its caller gets in the end. */
export interface Policy {
  readonly failover: FailoverEntry;
  /** 1 at every response code that moves on to the next candidate. */
  readonly failoverCode: Uint8Array;
  /** 1 at every response code that makes a destination inactive; at 0 for silence. */
  readonly markCode: Uint8Array;
  readonly unavailable: UnavailableAnswer;
}

/** What a caller gets when no candidate is left, spelled out. */
export interface UnavailableAnswer {
  readonly status: number;
  /** Reason phrase; empty: the usual one. */
  readonly phrase: Uint8Array;
  /** The Retry-After line, or nothing. */
  readonly extra: Uint8Array;
}

/** What a destination has otherwise of the request URI, as bytes. */
export interface RewritingBytes {
  readonly strip: number;
  readonly prefix: Uint8Array;
  readonly host: Uint8Array;
}

/** The sets by row; throws when an algorithm is not registered, which no snapshot that was compiled here has. */
export function setsInRows(entries: readonly SetEntry[], resources: ResourceTable): readonly WorkerSet[] {
  const rows: WorkerSet[] = [];
  for (const entry of entries) rows[entry.index] = equip(entry, resources);
  return rows;
}

function equip(entry: SetEntry, resources: ResourceTable): WorkerSet {
  const algorithm = algorithmByName(entry.algorithm);
  if (algorithm === undefined) throw new Error(`set ${entry.name}: algorithm ${entry.algorithm} is not registered`);
  const { index, name, slotChoice, slots, weights, maxCalls, table, useDefault, rule } = entry;
  const plain = { index, name, slotChoice, slots, weights, maxCalls, table, useDefault, rule };
  return {
    dispatch: { ...plain, algorithm, resources },
    key: entry.key,
    hasStandby: entry.hasStandby,
    startsSlowly: entry.startsSlowly,
    ...policyOf(entry.failover),
  };
}

/** A failover policy in the form that the packet path asks for. */
export function policyOf(failover: FailoverEntry): Policy {
  const failoverCode = new Uint8Array(700);
  for (const code of failover.codes) failoverCode[code] = 1;
  const markCode = new Uint8Array(700);
  for (const code of failover.marks) markCode[code] = 1;
  if (failover.marksTimeout) markCode[0] = 1;
  return { failover, failoverCode, markCode, unavailable: spellOutAnswer(failover.unavailable) };
}

/** An answer of our own. */
export function spellOutAnswer({ status, reason, retryAfter }: FailureAnswer): UnavailableAnswer {
  const extra = retryAfter > 0 ? retryAfterLine(retryAfter) : Buffer.alloc(0);
  return { status, phrase: Buffer.from(reason, "utf8"), extra };
}

/** A rewriting as bytes. */
export function spellOutRewriting({ strip, prefix, host }: RewritingEntry): RewritingBytes {
  return { strip, prefix: Buffer.from(prefix, "latin1"), host: Buffer.from(host, "latin1") };
}
