// What is known about destinations, as plain data that outlives the process.
import type { DestinationState } from "../dispatch/types.ts";
import { isOperators, type OperatorWord, type Speaker } from "./operator-word.ts";
import type { SavedOrder } from "./orders.ts";
import { byDestination, type SavedFigures, savedKey } from "./saved-figures.ts";
import { nameOfState, type StateName, stateOf } from "./state.ts";

/** A destination as the registry knows it, and its record. */
interface Subject {
  readonly slot: number;
  readonly set: string;
  readonly uri: string;
  readonly name: string;
  readonly state: DestinationState;
  readonly unusable: string;
}
interface Record {
  readonly slot: number;
  readonly state: DestinationState;
  readonly reason: string;
  readonly since: number;
  readonly marked: boolean;
  readonly operator: OperatorWord | null;
}

/** One destination. */
export interface SavedDestination {
  readonly set: string;
  readonly uri: string;
  readonly name: string;
  /** The state that the configuration gave it: when it says another one, what was saved is void. */
  readonly configured: StateName;
  readonly state: StateName;
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly marked: boolean;
  /** What an operator had said, or a mark in an operator's place; null: nothing. */
  readonly operator: { readonly by: Speaker; readonly state: StateName; readonly reason: string } | null;
}

/** All of them, and what operators have ordered. */
export interface SavedStates {
  readonly destinations: readonly SavedDestination[];
  readonly orders: readonly SavedOrder[];
}

/** All that outlives the process. */
export interface SavedHealth extends SavedStates, SavedFigures {
  /** Groups whose probes are paused. */
  readonly pauses: readonly string[];
}

const BEFORE = " (before the restart)";

/** What is to be saved of one. */
export function saved(target: Subject, record: Record): SavedDestination {
  const { set, uri, name, state: configured } = target;
  const { state, reason, since, marked, operator } = record;
  return {
    set,
    uri,
    name,
    configured: nameOfState(configured),
    state: nameOfState(state),
    reason,
    since,
    marked,
    operator:
      operator === null ? null : { by: operator.by, state: nameOfState(operator.state), reason: operator.reason },
  };
}

/** States of before, by destination. */
export class Recollection {
  readonly #destinations: ReadonlyMap<string, SavedDestination>;

  constructor({ destinations }: Pick<SavedStates, "destinations">) {
    this.#destinations = byDestination(destinations);
  }

  /** Whether the configuration says another state of it than when it was saved. */
  isVoid(target: Subject): boolean {
    const before = this.#destinations.get(savedKey(target));
    return before !== undefined && stateOf(before.configured) !== target.state;
  }

  /** The record with which a destination begins where something was saved that still holds; else null. */
  recall(target: Subject): Record | null {
    const before = this.#destinations.get(savedKey(target));
    if (before === undefined || this.isVoid(target)) return null;
    const state = stateOf(before.state);
    if (target.unusable !== "" && !isOperators(state)) return null;
    const { since, marked, operator } = before;
    const isTold = isOperators(state) || before.reason === "configuration" || before.reason.endsWith(BEFORE);
    const reason = isTold ? before.reason : `${before.reason}${BEFORE}`;
    const word = operator === null ? null : { ...operator, state: stateOf(operator.state) };
    return { slot: target.slot, state, reason, since, marked, operator: word };
  }
}
