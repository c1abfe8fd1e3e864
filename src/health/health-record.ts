// What is known about the health of one destination, and what is told when that changes.
import type { DestinationState } from "../dispatch/types.ts";
import type { OperatorWord } from "./operator-word.ts";
import type { Outcome } from "./state.ts";

/** A destination as health sees it. */
export interface HealthDestination {
  readonly slot: number;
  readonly set: string;
  /** The destination as configured, which may have several rows: the servers that its name stands for. */
  readonly group: string;
  /** Within the group: rows of a higher rank serve when nobody of a lower one can. */
  readonly rank: number;
  readonly uri: string;
  readonly name: string;
  /** State written in the configuration. */
  readonly state: DestinationState;
  /** Whether it starts with a probing mark (Kamailio's P flag). */
  readonly marked: boolean;
  /** Why it cannot be used at all (its host name does not resolve); empty: it can. */
  readonly unusable: string;
}

/** The last probe of a destination. */
export interface ProbeResult {
  /** When it was decided, milliseconds since 1970. */
  readonly at: number;
  readonly outcome: Outcome;
  /** `200`, `503`, `no answer within 2 s`, `refused by the network (ICMP)`. */
  readonly what: string;
  /** Milliseconds; -1 when unknown. */
  readonly rtt: number;
}

/** What is known about one destination. Replaced, not mutated. */
export interface HealthRecord {
  readonly slot: number;
  readonly state: DestinationState;
  /** Results in a row, see `Health.count`. */
  readonly count: number;
  /** Why it is in this state, for people. */
  readonly reason: string;
  /** Since when, milliseconds since 1970. */
  readonly since: number;
  readonly marked: boolean;
  readonly lastProbe: ProbeResult | null;
  /** What an operator has said, or a mark in an operator's place, since the configuration last spoke; null: nothing. */
  readonly operator: OperatorWord | null;
}

/** A state changed. */
export interface StateChange {
  readonly target: HealthDestination;
  readonly from: DestinationState;
  readonly to: DestinationState;
  readonly reason: string;
  readonly at: number;
}
