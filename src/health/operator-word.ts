// What an operator has said about a destination while the process runs. It holds over reloads, and over a time without an
// address, until the configuration says something else about the destination's state than it did when the operator spoke.
import { DestinationState } from "../dispatch/types.ts";

/** Who speaks: a person (or a program that acts for one), or a mark that disables, whose word holds like a person's. */
export const SPEAKERS = ["operator", "mark"] as const;
/** One of `SPEAKERS`. */
export type Speaker = (typeof SPEAKERS)[number];

/** The last thing an operator said, or a mark in an operator's place. */
export interface OperatorWord {
  readonly by: Speaker;
  readonly state: DestinationState;
  readonly reason: string;
  /** When it was said, milliseconds since 1970; absent: before a restart. */
  readonly at?: number;
}

/** Whether probes and calls have no say: disabled and draining are the operator's. */
export function isOperators(state: DestinationState): boolean {
  return state === DestinationState.disabled || state === DestinationState.draining;
}

/** What is left of it after probes or calls have changed the state: what they may correct is no longer the operator's. */
export function afterResult(word: OperatorWord | null): OperatorWord | null {
  return word?.state === DestinationState.inactive || word?.state === DestinationState.trying ? null : word;
}

/**
 * The state in which a destination begins, and begins again: the operator's word, else the configuration's. `unusable` is
 * why it cannot be used at all; empty: it can.
 */
export function beginState(
  configured: DestinationState,
  unusable: string,
  word: OperatorWord | null,
): { readonly state: DestinationState; readonly reason: string } {
  if (word !== null && isOperators(word.state)) return word;
  if (unusable !== "") return { state: DestinationState.inactive, reason: unusable };
  return word ?? { state: configured, reason: "configuration" };
}
