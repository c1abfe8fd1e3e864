// Dispatcher sets and failover policies as one worker uses them: algorithms looked up by name, codes as a bitmap, answers
// spelled out.

import type { FailoverEntry, FailureAnswer } from "../bridge/failover-entry.ts";
import type { RewritingEntry } from "../bridge/request-changes.ts";
import type { SetEntry, Snapshot } from "../bridge/snapshot.ts";
import { algorithmByName } from "../dispatch/algorithms/index.ts";
import { compileHashSlots } from "../dispatch/hash-slots.ts";
import type { Algorithm, DispatcherSet, ResourceTable } from "../dispatch/types.ts";
import { guarded, type Net } from "../own/guarded.ts";
import { algorithmsOf } from "../own/own-module.ts";
import { retryAfterLine } from "./retry-after.ts";

/** A dispatcher set with its failover policy in the form that the packet path asks for. */
export interface WorkerSet extends Policy {
  readonly dispatch: DispatcherSet;
  /** See `SetEntry.key`. */
  readonly key: number;
  /** See `SetEntry.hasStandby`. */
  readonly hasStandby: boolean;
  readonly startsSlowly: boolean;
  /** See `SetEntry.maxBranches`. */
  readonly maxBranches: number;
  /** Whether its destinations are asked how much they want to be spared (RFC 7339). */
  readonly heedsOverload: boolean;
}

/** What a response code makes of a destination. */
export const Mark = { none: 0, inactive: 1, disabled: 2 } as const;

/** When a request moves on, and what its caller gets in the end. */
export interface Policy {
  readonly failover: FailoverEntry;
  /** 1 at every response code that moves on to the next candidate. */
  readonly failoverCode: Uint8Array;
  /** A `Mark` at every response code; at 0 for silence. */
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

type SetsOfSnapshot = Pick<Snapshot, "sets" | "algorithms" | "resources">;

/** The sets by row; throws when an algorithm is not registered, which no snapshot that was compiled here has. */
export function setsInRows({ sets, algorithms, resources }: SetsOfSnapshot, net: Net): readonly WorkerSet[] {
  const own = algorithmsOf(algorithms);
  const texts = new Map(algorithms.map(({ name, module }) => [name, module.text]));
  const rows: WorkerSet[] = [];
  for (const entry of sets) rows[entry.index] = equip(entry, own, texts, resources, net);
  return rows;
}

function equip(
  entry: SetEntry,
  own: ReadonlyMap<string, Algorithm>,
  texts: ReadonlyMap<string, string>,
  resources: ResourceTable,
  net: Net,
): WorkerSet {
  const algorithm = algorithmByName(entry.algorithm) ?? own.get(entry.algorithm);
  if (algorithm === undefined) throw new Error(`set ${entry.name}: algorithm ${entry.algorithm} is not registered`);
  const { index, name, slotChoice, slots, weights, maxCalls, table, useDefault, rule, facts, loadBound } = entry;
  const plain = { index, name, slotChoice, slots, weights, maxCalls, table, useDefault, rule, facts, loadBound };
  const set: DispatcherSet = { ...plain, algorithm, resources };
  const text = texts.get(entry.algorithm);
  return {
    dispatch: text === undefined ? set : { ...set, algorithm: guarded(set, compileHashSlots(slots), text, net) },
    key: entry.key,
    hasStandby: entry.hasStandby,
    startsSlowly: entry.startsSlowly,
    maxBranches: entry.maxBranches,
    heedsOverload: algorithm.heedsOverload === true,
    ...policyOf(entry.failover),
  };
}

/** A failover policy in the form that the packet path asks for. */
export function policyOf(failover: FailoverEntry): Policy {
  const failoverCode = new Uint8Array(700);
  for (const code of failover.codes) failoverCode[code] = 1;
  const markCode = new Uint8Array(700);
  const mark = failover.markAs === "disabled" ? Mark.disabled : Mark.inactive;
  for (const code of failover.marks) markCode[code] = mark;
  if (failover.marksTimeout) markCode[0] = mark;
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
