// The one door through which configuration enters: check, resolve, compile, publish, wait until every worker has it. If a
// step fails the old one stays; nothing was mutated, so nothing is undone.
import { isDeepStrictEqual } from "node:util";
import type { LiveTables } from "../bridge/live-tables.ts";
import type { Snapshot } from "../bridge/snapshot.ts";
import type { TlsState } from "../bridge/tls-state.ts";
import { hasErrors, type Problem } from "../config/problem.ts";
import type { Config } from "../config/schema.ts";
import { type Draft, type DraftContext, Drafts } from "./draft.ts";
import type { HealthLoop } from "./health-loop.ts";
import type { Log } from "./log.ts";
import { isSamePlace, type Locations, locateNames, logNames, type NameSource, type Waiting } from "./names.ts";
import type { PlacedDestination } from "./place.ts";
import type { Publisher } from "./publisher.ts";
import { configurationProblem, restartProblems } from "./restart.ts";
import { RowPlans } from "./row-plans.ts";
import { Turns } from "./turns.ts";

/** All or nothing: in force on every worker, or refused with its problems (which may hold warnings in both cases). */
export interface ApplyResult {
  readonly ok: boolean;
  /** Number of the configuration now in force. */
  readonly generation: number;
  readonly problems: readonly Problem[];
}

/** What a control plane needs. */
export interface ControlPlaneOptions extends DraftContext {
  readonly live: LiveTables;
  readonly health: HealthLoop;
  /** Finds the servers behind names, asking as the configuration says. */
  readonly names: NameSource;
  /** Reads the files again. */
  readonly load: () => Promise<Reading>;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly log: Log;
}

/** What was read for a reload; config is null when the files have errors. */
export interface Reading {
  readonly config: Config | null;
  readonly problems: readonly Problem[];
  /** Asked when its turn has come: the files are not any more what was read. */
  readonly isStale?: () => boolean;
  /** It is in force. */
  readonly taken?: () => void;
}

/** The configuration in force and what was made of it. Replaced as a whole. */
export interface InForce {
  readonly config: Config;
  readonly snapshot: Snapshot;
  readonly placed: readonly PlacedDestination[];
  readonly tls: TlsState;
  /** When it was published; milliseconds since 1970. */
  readonly since: number;
}

/** A worker that takes longer is being replaced or is beyond help. */
const ADOPTION_PATIENCE = 5_000;

/** The control plane. */
export class ControlPlane {
  readonly reloads = { ok: 0, failed: 0 };
  /** Of whatever is to come into force, from its reading on. */
  readonly turns = new Turns();
  readonly #options: ControlPlaneOptions;
  readonly #rows: RowPlans;
  readonly #drafts: Drafts;
  #publisher: Publisher | null = null;
  #inForce: InForce | null = null;
  #locations: Locations = new Map();
  /** Called when something about names was learned. */
  #onLocations: () => void = () => undefined;
  #generation = 0;
  #closing = false;

  constructor(options: ControlPlaneOptions) {
    this.#options = options;
    const present = { oldestGeneration: () => this.#publisher?.oldestAdopted() ?? 0, clock: options.clock };
    this.#rows = new RowPlans(options.live, present);
    this.#drafts = new Drafts(this.#rows, options);
  }

  /** The first configuration; what it compiles to is what the workers are started with. */
  async begin(config: Config): Promise<ApplyResult> {
    const made = this.#drafts.make(config, 1, await this.#locate(config, "reload"), this.#closing);
    if (Array.isArray(made)) return { ok: false, generation: 0, problems: made };
    this.#prepare(made);
    this.#commit(made);
    return { ok: true, generation: 1, problems: made.warnings };
  }

  /** From now on snapshots go to these workers. */
  attach(publisher: Publisher): void {
    this.#publisher = publisher;
  }

  /** What is known about names. */
  get locations(): Locations {
    return this.#locations;
  }

  /** `onLocations` is called whenever `locations` may be due at another time. */
  watchNames(onLocations: () => void): void {
    this.#onLocations = onLocations;
  }

  /**
   * Looks the names of the configuration in force up again; what has changed is in force when this resolves. Waiting for name
   * servers keeps nobody else waiting: the door is only taken when there is something to change.
   */
  async followNames(): Promise<void> {
    const { config } = this.inForce;
    const locations = await this.#locate(config, "refresh");
    await this.turns.take(async () => {
      // Another configuration came in between; its own lookup is newer.
      if (this.inForce.config !== config) return;
      logNames(this.#options.log, this.#locations, locations);
      if (isSamePlace(this.#locations, locations)) this.#learn(locations);
      else {
        const { ok, problems } = await this.#apply(config, locations);
        // The old rows stay; it is tried again when the names are due again.
        if (!ok) this.#options.log.error({ problems }, "a change of names could not be put into force");
      }
    });
  }

  /** What is in force; throws before `begin`. */
  get inForce(): InForce {
    if (this.#inForce === null) throw new Error("no configuration yet");
    return this.#inForce;
  }

  /** Whether `close` was called. */
  get isClosing(): boolean {
    return this.#closing;
  }

  /**
   * Makes a change: `derive` gets the configuration in force when its turn comes, and returns the new one or what is wrong; what it
   * throws is what this rejects with. `isTrial`: everything but putting it into force.
   */
  apply(derive: (config: Config) => Config | Problem[], isTrial = false): Promise<ApplyResult> {
    return this.turns.take(async () => {
      const next = derive(this.inForce.config);
      return Array.isArray(next) ? this.#refused(next) : this.#apply(next, undefined, isTrial);
    });
  }

  /**
   * Reads the files again. Reading may take as long as a silent database: the door is only taken for what was read. `around`: a
   * turn of the caller's own, in which that happens. Where the files were written to in the meantime they are read again within that turn:
   those who write wait for it then, and cannot keep a reload from ever being done.
   */
  reload(around: <T>(work: () => Promise<T>) => Promise<T> = (work) => work()): Promise<ApplyResult> {
    return this.turns.counted(() => this.#reload(around));
  }

  async #reload(around: <T>(work: () => Promise<T>) => Promise<T>): Promise<ApplyResult> {
    const { load } = this.#options;
    const take = (reading: Reading) =>
      this.turns.take(async () => (reading.isStale?.() === true ? null : await this.#take(reading)));
    const first = await load();
    const result = (await around(() => take(first))) ?? (await around(async () => take(await load())));
    if (result !== null) return result;
    this.reloads.failed++;
    return this.#refused([configurationProblem("the file was written to while it was read", "reload again")]);
  }

  async #take({ config, problems, taken }: Reading): Promise<ApplyResult> {
    const result = config === null || hasErrors(problems) ? this.#refused([]) : await this.#apply(config);
    if (result.ok) taken?.();
    if (result.ok && config?.state.inherit === false) this.#options.health.startOver();
    this.reloads[result.ok ? "ok" : "failed"]++;
    return { ...result, problems: [...problems, ...result.problems] };
  }

  /** No new calls from now on: workers answer them with 503, everything that lives goes on. */
  close(): Promise<void> {
    this.#closing = true;
    return this.turns.take(async () => {
      const snapshot = { ...this.inForce.snapshot, generation: ++this.#generation, closing: true };
      this.#inForce = { ...this.inForce, snapshot };
      this.#publisher?.publish(snapshot);
      await this.#publisher?.adopted(snapshot.generation, ADOPTION_PATIENCE);
    });
  }

  async #apply(config: Config, known?: Locations, isTrial = false): Promise<ApplyResult> {
    const old = this.inForce;
    const problems = restartProblems(old.config, config);
    if (hasErrors(problems)) return this.#refused(problems);
    const locations = known ?? (await this.#locate(config, "reload"));
    const made = this.#drafts.make(config, this.#generation + 1, locations, this.#closing, old.snapshot);
    if (Array.isArray(made)) return this.#refused([...problems, ...made]);
    if (isTrial) return { ok: true, generation: old.snapshot.generation, problems: [...problems, ...made.warnings] };
    // Before any worker sends to whom only the new state knows.
    const insecure = await this.#secure(old.tls, made.tls);
    if (insecure !== "") return this.#refused([...problems, configurationProblem(`TLS: ${insecure}`)]);
    this.#prepare(made);
    const generation = ++this.#generation;
    this.#publisher?.publish(made.snapshot);
    const late = (await this.#publisher?.adopted(generation, ADOPTION_PATIENCE)) ?? [];
    if (late.length > 0) {
      const snapshot = { ...old.snapshot, generation: ++this.#generation };
      this.#inForce = { ...old, snapshot };
      this.#returnTo(old, made, generation);
      await this.#secure(made.tls, old.tls);
      this.#publisher?.publish(snapshot);
      const what = `worker ${late.join(", ")} did not take the configuration over within ${ADOPTION_PATIENCE / 1000} s`;
      return this.#refused([...problems, configurationProblem(what, "the old one is in force again")]);
    }
    this.#commit(made);
    return { ok: true, generation, problems: [...problems, ...made.warnings] };
  }

  async #secure(old: TlsState, now: TlsState): Promise<string> {
    return isDeepStrictEqual(old, now) ? "" : ((await this.#publisher?.secure(now)) ?? "");
  }

  #locate(config: Config, waiting: Waiting): Promise<Locations> {
    const { names } = this.#options;
    return locateNames(config, names.locate(config), this.#locations, names.now, waiting);
  }

  #learn(locations: Locations): void {
    this.#locations = locations;
    this.#onLocations();
  }

  /**
   * What must be true before a worker sees the snapshot: clean rows, states of new destinations. To health all others stay
   * what they were until it is in force: should it be refused, nothing about them was forgotten.
   */
  #prepare({ plan, placed, snapshot }: Draft): void {
    for (const slot of plan.destinations.reused) this.#options.live.clear(slot);
    this.#options.health.capacities.fill(placed, snapshot);
    const old = this.#inForce?.placed ?? [];
    const known = new Set(old.map(({ slot }) => slot));
    this.#options.health.expect([...old, ...placed.filter(({ slot }) => !known.has(slot))]);
  }

  /** Some workers have used `refused` as generation `generation`: its rows count as left, not as never used. */
  #returnTo(old: InForce, refused: Draft, generation: number): void {
    this.#rows.commit(refused.plan, generation);
    const back = this.#rows.plan(old.config, old.placed);
    if (!("what" in back)) this.#rows.commit(back, this.#generation);
    this.#options.health.adopt(old.placed, old.snapshot);
  }

  #commit({ config, snapshot, placed, tls, plan, locations }: Draft): void {
    this.#generation = snapshot.generation;
    this.#rows.commit(plan, snapshot.generation);
    this.#options.health.adopt(placed, snapshot);
    this.#inForce = { config, snapshot, placed, tls, since: this.#options.clock() };
    for (const { set, config: destination, unusable } of placed) {
      if (unusable !== "")
        this.#options.log.warn({ set: set.name, destination: destination.name }, `out of use: ${unusable}`);
    }
    this.#learn(locations);
  }

  #refused(problems: readonly Problem[]): ApplyResult {
    return { ok: false, generation: this.#generation, problems };
  }
}
