// The states that rows show, for those who have no health registry (`fairlead explain`).
import { shownStates } from "../health/standby.ts";
import { nameOfState, type StateName, stateOf } from "../health/state.ts";
import type { DestinationRow } from "./rows.ts";

/** The state that each row shows when its own is the one of the same index in `own`. */
export function shownConditions(rows: readonly DestinationRow[], own: readonly StateName[]): StateName[] {
  const ranked = rows.map(({ group, rank }, at) => ({ group, rank, state: stateOf(own[at] ?? "inactive") }));
  return shownStates(ranked).map(nameOfState);
}
