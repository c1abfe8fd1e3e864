// A configuration with all that is made of it, before it is in force: nothing that anybody works with is touched by making one.
import type { Snapshot } from "../bridge/snapshot.ts";
import type { TlsState } from "../bridge/tls-state.ts";
import type { Problem } from "../config/problem.ts";
import type { Config } from "../config/schema.ts";
import { compile } from "./compile.ts";
import { TlsIdentities } from "./compile-tls.ts";
import { keptWarnings, type Locations } from "./names.ts";
import { type PlacedDestination, placeDestinations } from "./place.ts";
import { configurationProblem } from "./restart.ts";
import type { RowPlan, RowPlans } from "./row-plans.ts";
import { rowsOf } from "./rows.ts";

/** What would be in force. */
export interface Draft {
  readonly config: Config;
  readonly snapshot: Snapshot;
  readonly placed: readonly PlacedDestination[];
  readonly tls: TlsState;
  readonly plan: RowPlan;
  readonly locations: Locations;
  readonly warnings: readonly Problem[];
}

/** What all drafts of a process are made with. */
export interface DraftContext {
  /** Bound ports, by listener; a port that is missing is as configured. */
  readonly ports: readonly number[];
  /** Keys for configurations without any. */
  readonly keys: readonly Uint8Array[];
}

/** Where drafts are made. */
export class Drafts {
  readonly #rows: RowPlans;
  readonly #context: DraftContext;
  readonly #identities = new TlsIdentities();

  constructor(rows: RowPlans, context: DraftContext) {
    this.#rows = rows;
    this.#context = context;
  }

  /** What `config` is after `before` with names where `locations` says, as generation `generation`; or what is wrong with it. */
  make(
    config: Config,
    generation: number,
    locations: Locations,
    closing: boolean,
    before?: Snapshot,
  ): Draft | Problem[] {
    const { ports, keys } = this.#context;
    const destinations = rowsOf(config, locations);
    const plan = this.#rows.plan(config, destinations);
    if ("what" in plan) return [plan];
    const { identities, resources } = plan;
    const { slots } = plan.destinations;
    const placed = placeDestinations(config, destinations, identities, slots, this.#identities, this.#rows.fronts);
    const rows = slots.reduce((most, slot) => Math.max(most, slot + 1), this.#rows.rows);
    const setRows = plan.sets.slots;
    const renewed = (identity: number) => this.#identities.renewed(config, identity);
    const departure = before && { before, renewed };
    const result = compile(config, { generation, placed, rows, setRows, resources, departure, ports, keys, closing });
    if (!result.ok) return result.problems.map((what) => configurationProblem(what));
    const warnings = keptWarnings(locations);
    const tls = this.#identities.state(config);
    return { config, snapshot: result.snapshot, placed, tls, plan, locations, warnings };
  }
}
