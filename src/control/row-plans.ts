// Rows of all tables that outlive a configuration, planned and put into force together: destinations, sets, accounts of resources
// and the numbers of their names.

import { MAX_SETS } from "../bridge/live-memory.ts";
import type { LiveTables } from "../bridge/live-tables.ts";
import { MAX_DESTINATIONS } from "../bridge/recount.ts";
import { MAX_ACCOUNTS } from "../bridge/resource-loads.ts";
import type { Problem } from "../config/problem.ts";
import type { Config } from "../config/schema.ts";
import { MAX_RESOURCES } from "../dispatch/resources.ts";
import { IdentityFronts } from "./identity-fronts.ts";
import { slotIdentities } from "./place.ts";
import { accountIdentity, type ResourceRows, resourceNames } from "./resource-table.ts";
import { configurationProblem } from "./restart.ts";
import type { DestinationRow } from "./rows.ts";
import { type SlotContext, type SlotPlan, Slots } from "./slots.ts";

/** Rows for a configuration that may yet be refused. */
export interface RowPlan {
  readonly destinations: SlotPlan;
  readonly sets: SlotPlan;
  readonly accounts: SlotPlan;
  readonly names: SlotPlan;
  /** Identities of the destinations, in the order of their rows. */
  readonly identities: readonly string[];
  readonly resources: ResourceRows;
}

/** The registries of all rows. */
export class RowPlans {
  /** What identities become where there is only a word for them. */
  readonly fronts = new IdentityFronts();
  readonly #live: LiveTables;
  readonly #destinations: Slots;
  readonly #sets: Slots;
  readonly #accounts: Slots;
  readonly #names: Slots;

  constructor(live: LiveTables, present: Pick<SlotContext, "oldestGeneration" | "clock">) {
    this.#live = live;
    this.#destinations = new Slots({ limit: MAX_DESTINATIONS, load: (slot) => live.load(slot), ...present });
    this.#sets = new Slots({ limit: MAX_SETS, load: () => 0, ...present });
    const inUse = (account: number) => Number(live.resources.isInUse(account));
    this.#accounts = new Slots({ limit: MAX_ACCOUNTS, load: inUse, ...present });
    this.#names = new Slots({ limit: MAX_RESOURCES, load: (number) => this.#inUse(number), ...present });
  }

  /** Rows of the destination table: every slot that was ever used. */
  get rows(): number {
    return this.#destinations.rows;
  }

  /** Finds rows for everything, or says what there is no room for. */
  plan(config: Config, rows: readonly DestinationRow[]): RowPlan | Problem {
    const identities = slotIdentities(rows);
    const destinations = this.#destinations.plan(identities);
    if (destinations === null) return full("destinations", `${MAX_DESTINATIONS}, those that still have calls included`);
    const sets = this.#sets.plan(config.sets.map(({ name }) => name));
    if (sets === null) return full("sets", `${MAX_SETS}, those removed in the last 10 min included`);
    const own = rows.map(accountIdentity);
    const accounts = this.#accounts.plan([...new Set(own)].filter((identity) => identity !== ""));
    if (accounts === null) return full("servers with resources", `${MAX_ACCOUNTS}`);
    const names = this.#names.plan(resourceNames(config));
    if (names === null)
      return full("names of resources", `${MAX_RESOURCES}, those removed in the last 10 min or in use included`);
    const resources = { numbers: names.next, accounts: own.map((identity) => accounts.next.get(identity) ?? -1) };
    return { destinations, sets, accounts, names, identities, resources };
  }

  /** The plan becomes true with snapshot `generation`. */
  commit({ destinations, sets, accounts, names }: RowPlan, generation: number): void {
    this.#destinations.commit(destinations, generation);
    this.#sets.commit(sets, generation);
    this.#accounts.commit(accounts, generation);
    this.#live.resources.rows = this.#accounts.rows;
    this.#names.commit(names, generation);
  }

  #inUse(number: number): number {
    for (let account = 0; account < this.#accounts.rows; account++)
      if (this.#live.resourceLoad(account, number) !== 0) return 1;
    return 0;
  }
}

function full(what: string, limit: string): Problem {
  return configurationProblem(`more ${what} than there is room for`, limit);
}
