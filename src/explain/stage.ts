// The snapshot of a configuration that nobody runs, and how its destinations are doing.
import { randomBytes } from "node:crypto";
import type { Config } from "../config/schema.ts";
import { compile } from "../control/compile.ts";
import { TlsIdentities } from "../control/compile-tls.ts";
import { shownConditions } from "../control/conditions.ts";
import type { Locations } from "../control/names.ts";
import { type PlacedDestination, placeDestinations, slotIdentities } from "../control/place.ts";
import { rowsOf } from "../control/rows.ts";
import type { Condition, Scene } from "../proxy/rehearsal.ts";

/** A destination as the running instance sees it. */
export interface LiveDestination {
  readonly state: Condition["state"];
  /** Why it is in this state. */
  readonly reason: string;
  readonly load: number;
  /** Absent: as configured. */
  readonly score?: number;
  /** How much of each named resource is in use there. */
  readonly resources?: Readonly<Record<string, number>>;
}

/** States by `set\nname`. */
export type LiveStates = ReadonlyMap<string, LiveDestination>;

/** What a message can be sent through. */
export interface Stage {
  readonly snapshot: Scene["snapshot"];
  readonly placed: readonly PlacedDestination[];
  readonly conditions: readonly (Condition & { readonly reason: string })[];
}

/**
 * Compiles; `live` null: states as configured. `locations`: where the names of its destinations are. Problems in sentences
 * when it cannot be compiled.
 */
export function setStage(config: Config, live: LiveStates | null, locations: Locations): Stage | readonly string[] {
  const destinations = rowsOf(config, locations);
  const identities = slotIdentities(destinations);
  const placed = placeDestinations(config, destinations, identities, [...identities.keys()], new TlsIdentities());
  const compiled = compile(config, {
    generation: 1,
    placed,
    rows: placed.length,
    setRows: [...config.sets.keys()],
    ports: [],
    keys: [new Uint8Array(randomBytes(16))],
    closing: false,
  });
  if (!compiled.ok) return compiled.problems;
  const own = placed.map((each) => conditionOf(each, live));
  const shown = shownConditions(
    placed,
    own.map(({ state }) => state),
  );
  const conditions = own.map((each, at) => {
    const state = shown[at] ?? each.state;
    return state === each.state ? each : { ...each, state, reason: STANDS_BY };
  });
  return { snapshot: compiled.snapshot, placed, conditions };
}

const STANDS_BY = "servers of a better SRV priority can be used";

function conditionOf(
  { slot, set, config, unusable }: PlacedDestination,
  live: LiveStates | null,
): Stage["conditions"][number] {
  const now = live?.get(`${set.name}\n${config.name}`);
  const { score } = config;
  if (now !== undefined) return { slot, score, ...now };
  if (unusable !== "") return { slot, state: "inactive", reason: unusable, load: 0, score };
  const reason = live === null ? "configuration" : "the running instance does not have it";
  return { slot, state: config.state, reason, load: 0, score };
}
