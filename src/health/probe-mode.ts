// Which destinations are probed: Kamailio's ds_probing_mode by name. A destination may carry a mark (Kamailio's P flag).
import { DestinationState } from "../dispatch/types.ts";
import type { Outcome } from "./state.ts";

/** all: ds_probing_mode 1; down: 2; once: 0; marked: 3. */
export const PROBE_MODES = ["all", "down", "once", "marked"] as const;
export type ProbeMode = (typeof PROBE_MODES)[number];

/** Whether a destination is due at all. Disabled ones never are. */
export function isProbed(mode: ProbeMode, state: DestinationState, marked: boolean): boolean {
  if (state === DestinationState.disabled) return false;
  switch (mode) {
    case "all":
      return true;
    case "down":
      return marked && state === DestinationState.inactive;
    case "once":
    case "marked":
      return marked;
  }
}

/** The mark after a result; `state` is the one the result led to. */
export function markAfter(mode: ProbeMode, marked: boolean, outcome: Outcome, state: DestinationState): boolean {
  switch (mode) {
    case "all":
      return true;
    case "down":
      return outcome === "bad" || (marked && state !== DestinationState.active);
    case "once":
      return false;
    case "marked":
      return marked || outcome === "bad";
  }
}
