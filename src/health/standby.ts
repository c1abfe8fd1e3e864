// Who of a destination's rows serves: those of the lowest rank (the best SRV priority, RFC 2782) that has anyone who can.
import { DestinationState } from "../dispatch/types.ts";

/** A row and its state by itself. */
export interface RankedState {
  readonly group: string;
  /** 0 serves first. */
  readonly rank: number;
  readonly state: DestinationState;
}

/** Whether a row in this state takes calls, or would if it were its turn. */
export function isWell(state: DestinationState): boolean {
  return state === DestinationState.active || state === DestinationState.trying;
}

/** The state that each row shows, in the order of `rows`: its own, or standby while a better rank of its group serves. */
export function shownStates(rows: readonly RankedState[]): DestinationState[] {
  const best = new Map<string, number>();
  for (const { group, rank, state } of rows) {
    if (isWell(state)) best.set(group, Math.min(rank, best.get(group) ?? rank));
  }
  return rows.map(({ group, rank, state }) =>
    isWell(state) && rank > (best.get(group) ?? rank) ? DestinationState.standby : state,
  );
}

/** Slots by group, where a group has more than one rank. */
export function rankedGroups(
  targets: readonly { readonly group: string; readonly rank: number; readonly slot: number }[],
): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const { group, rank } of targets) if (rank > 0) groups.set(group, []);
  if (groups.size === 0) return groups;
  for (const { group, slot } of targets) groups.get(group)?.push(slot);
  return groups;
}
