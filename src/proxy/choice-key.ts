// The number that an algorithm decides by, for the request at hand: by the route's key, the set's, or the algorithm's own.
import { FIRST_EXPRESSION } from "../bridge/key-expression.ts";
import { KeySource } from "../dispatch/types.ts";
import type { Context } from "./context.ts";
import { computeKey } from "./key.ts";
import { hashExpression } from "./key-text.ts";
import type { WorkerSet } from "./worker-set.ts";

/** What is hashed: a `KeySource`, or `FIRST_EXPRESSION` plus the place of an expression. `key`: the route's, or -1. */
export function keyChoice({ key: own, dispatch }: WorkerSet, key: number): number {
  if (key !== -1) return key;
  return own === -1 ? dispatch.algorithm.key : own;
}

/** The number; 0 where nothing is hashed, or where what is to be hashed is not there. */
export function choiceKey(c: Context, set: WorkerSet, key: number): number {
  const choice = keyChoice(set, key);
  if (choice === KeySource.none) return 0;
  const { keyElse, portByTransport } = set.dispatch.algorithm;
  const value =
    choice >= FIRST_EXPRESSION
      ? hashExpression(c, c.adopted.snapshot.expressions[choice - FIRST_EXPRESSION]!)
      : computeKey(c.message, choice as KeySource, portByTransport === true);
  return value !== 0 || keyElse === undefined ? value : computeKey(c.message, keyElse);
}

/** Whether retransmission, CANCEL and ACK of the request at hand come to the same choice. */
export function isPureChoice(c: Context, set: WorkerSet, key: number): boolean {
  const choice = keyChoice(set, key);
  if (!set.dispatch.algorithm.isPure || choice === KeySource.authUser) return false;
  return choice < FIRST_EXPRESSION || c.adopted.snapshot.expressions[choice - FIRST_EXPRESSION]!.isStable;
}
