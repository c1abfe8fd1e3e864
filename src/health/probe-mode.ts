// Which destinations are probed: Kamailio's ds_probing_mode by name. A destination may carry a mark (Kamailio's P flag).
import { DestinationState } from "../dispatch/types.ts";
import type { Outcome } from "./state.ts";

/** all: ds_probing_mode 1; down: 2; once: 0; marked: 3. */
export const PROBE_MODES = ["all", "down", "once", "marked"] as const;
/** One of `PROBE_MODES`. */
export type ProbeMode = (typeof PROBE_MODES)[number];

/** How one destination is probed: as its set's mode says, or `inactive`: while it is inactive, with a mark or without. */
export type ProbeRule = ProbeMode | "inactive";

/** Which part a destination has in the set's probing: as its mode says, with Kamailio's P mark, none, or one of its own (OpenSIPS's `probe_mode`). */
export const PROBE_MARKS = ["default", "marked", "never", "always", "down"] as const;
/** One of `PROBE_MARKS`. */
export type ProbeMark = (typeof PROBE_MARKS)[number];

/** The rule for a destination in a set of this mode; null: it is not probed. */
export function probeRule(mode: ProbeMode, mark: ProbeMark): ProbeRule | null {
  if (mark === "never") return null;
  if (mark === "always") return "all";
  return mark === "down" ? "inactive" : mode;
}

/** Whether a destination is due at all. Disabled ones never are. */
export function isProbed(mode: ProbeRule, state: DestinationState, marked: boolean): boolean {
  if (state === DestinationState.disabled) return false;
  switch (mode) {
    case "all":
      return true;
    case "down":
      return marked && state === DestinationState.inactive;
    case "inactive":
      return state === DestinationState.inactive;
    case "once":
    case "marked":
      return marked;
  }
}

/** The mark after a result; `state` is the one the result led to. */
export function markAfter(mode: ProbeRule, marked: boolean, outcome: Outcome, state: DestinationState): boolean {
  switch (mode) {
    case "all":
      return true;
    case "inactive":
      return state === DestinationState.inactive;
    case "down":
      return outcome === "bad" || (marked && state !== DestinationState.active);
    case "once":
      return false;
    case "marked":
      return marked || outcome === "bad";
  }
}
