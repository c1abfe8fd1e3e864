// Dispatcher sets as one worker uses them: the algorithm itself, failover codes as a bitmap, the last answer spelled out.
import type { FailoverEntry, FailureAnswer, SetEntry } from "../bridge/snapshot.ts";
import { algorithmByName } from "../dispatch/algorithms/index.ts";
import type { DispatcherSet, ResourceTable } from "../dispatch/types.ts";
import { retryAfterLine } from "./retry-after.ts";

/** A dispatcher set with its failover policy in the form that the packet path asks for. */
export interface WorkerSet {
  readonly dispatch: DispatcherSet;
  /** See `SetEntry.key`. */
  readonly key: number;
  readonly failover: FailoverEntry;
  /** See `SetEntry.hasStandby`. */
  readonly hasStandby: boolean;
  readonly startsSlowly: boolean;
  /** 1 at every response code that moves on to the next candidate. */
  readonly failoverCode: Uint8Array;
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

/** The sets by row; throws when an algorithm is not registered, which no snapshot that was compiled here has. */
export function setsInRows(entries: readonly SetEntry[], resources: ResourceTable): readonly WorkerSet[] {
  const rows: WorkerSet[] = [];
  for (const entry of entries) rows[entry.index] = equip(entry, resources);
  return rows;
}

function equip(entry: SetEntry, resources: ResourceTable): WorkerSet {
  const algorithm = algorithmByName(entry.algorithm);
  if (algorithm === undefined) throw new Error(`set ${entry.name}: algorithm ${entry.algorithm} is not registered`);
  const failoverCode = new Uint8Array(700);
  for (const code of entry.failover.codes) failoverCode[code] = 1;
  const { index, name, slotChoice, slots, weights, maxCalls, table, useDefault, rule } = entry;
  const plain = { index, name, slotChoice, slots, weights, maxCalls, table, useDefault, rule };
  return {
    dispatch: { ...plain, algorithm, resources },
    key: entry.key,
    failover: entry.failover,
    hasStandby: entry.hasStandby,
    startsSlowly: entry.startsSlowly,
    failoverCode,
    unavailable: spellOutAnswer(entry.failover.unavailable),
  };
}

function spellOutAnswer({ status, reason, retryAfter }: FailureAnswer): UnavailableAnswer {
  const extra = retryAfter > 0 ? retryAfterLine(retryAfter) : Buffer.alloc(0);
  return { status, phrase: Buffer.from(reason, "utf8"), extra };
}
