// What a result means for a destination: a pure function with Kamailio's counting (consecutive results both ways, a first
// failure makes "trying", which still gets traffic). Disabled and draining belong to the operator; results do not touch them.
import { DestinationState } from "../dispatch/types.ts";

/** What was seen: an accepted answer, or anything else (another code, silence, an ICMP error). */
export type Outcome = "ok" | "bad";

/** State and how many results in a row speak for leaving it. */
export interface Health {
  readonly state: DestinationState;
  /** Trying: failures in a row. Inactive: successes in a row. Otherwise 0. */
  readonly count: number;
}

/** How many results in a row it takes; 1 or more. */
export interface Thresholds {
  /** Failures in a row until inactive (Kamailio: ds_probing_threshold). */
  readonly downAfter: number;
  /** Successes in a row until active again (Kamailio: ds_inactive_threshold). */
  readonly upAfter: number;
}

/** The next state. Returns `health` itself when nothing changes. */
export function observe(health: Health, outcome: Outcome, thresholds: Thresholds): Health {
  switch (health.state) {
    case DestinationState.active:
    case DestinationState.trying: {
      if (outcome === "ok") return become(health, DestinationState.active, 0);
      const failures = health.count + 1;
      if (failures >= thresholds.downAfter) return become(health, DestinationState.inactive, 0);
      return become(health, DestinationState.trying, failures);
    }
    case DestinationState.inactive: {
      if (outcome === "bad") return become(health, DestinationState.inactive, 0);
      const successes = health.count + 1;
      if (successes >= thresholds.upAfter) return become(health, DestinationState.active, 0);
      return become(health, DestinationState.inactive, successes);
    }
    default:
      return health;
  }
}

function become(health: Health, state: DestinationState, count: number): Health {
  return health.state === state && health.count === count ? health : { state, count };
}

/** Names of the states, by number, as files, the API and logs write them. */
export const STATE_NAMES = [
  "active",
  "trying",
  "inactive",
  "disabled",
  "draining",
  "standby",
  "resting",
  "ejected",
] as const;
/** One of `STATE_NAMES`. */
export type StateName = (typeof STATE_NAMES)[number];

/** The number behind a name. */
export function stateOf(name: StateName): DestinationState {
  return STATE_NAMES.indexOf(name) as DestinationState;
}

/** The name of a state. */
export function nameOfState(state: DestinationState): StateName {
  return STATE_NAMES[state];
}
