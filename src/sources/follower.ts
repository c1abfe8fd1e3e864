// Follows the tables of the configuration in force: looks at them again when they are due, puts what has changed into force,
// and keeps what is in force in their caches.
import type { Problem } from "../config/problem.ts";
import { reviewed } from "../config/reviewed.ts";
import type { Config } from "../config/schema.ts";
import { type SourceConfig, sourceIdentity } from "../config/source-databases.ts";
import { judgedRemarks } from "../config/tables/fill.ts";
import { withTable } from "../config/tables/follow-table.ts";
import { isSameTable, type Table } from "../config/tables/table.ts";
import { translateTable } from "../config/tables/translate.ts";
import { writeCache } from "./cache.ts";
import { knownTables } from "./load.ts";
import { refusalText, type SourceState, type Sources } from "./sources.ts";

/** Where changes go: the control plane is one. */
export interface TableControl {
  readonly inForce: { readonly config: Config };
  apply(
    derive: (config: Config) => Config | Problem[],
  ): Promise<{ readonly ok: boolean; readonly generation: number; readonly problems: readonly Problem[] }>;
}

/** The part of a log that is used. */
export interface TableLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** What a follower works with. */
export interface FollowerOptions {
  readonly control: TableControl;
  readonly sources: Sources;
  readonly log: TableLog;
  /** The clock of `sources`. */
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Other rows have come into force, or were refused; `lines` say what there is to be said about them. */
  readonly told: (result: TableResult, lines: readonly string[]) => void;
}

/** What became of other rows. */
export interface TableResult {
  readonly ok: boolean;
  /** Number of the configuration in force. */
  readonly generation: number;
}

/** Milliseconds until a cache that could not be written is tried again. */
const KEEP_AGAIN = 60_000;
/** Warnings of checks that are told one by one: a table may bring one for each of its rows. */
const MOST_FINDINGS = 20;

/** Follows tables; somebody calls `tick` again and again. */
export class TableFollower {
  readonly #options: FollowerOptions;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** Begins whatever is due; resolves when that is done. */
  async tick(): Promise<void> {
    const { control, sources, now } = this.#options;
    const { config } = control.inForce;
    const due = config.sources.filter((source) => {
      const state = sources.stateOf(source);
      return state.work === null && (state.due <= now() || this.#isToKeep(source, state, config));
    });
    await Promise.all(due.map((source) => this.#follow(source)));
  }

  /** Looks at the tables now, due or not: at that of one source, or at all. Resolves when what has changed is in force. */
  async lookNow(name?: string): Promise<void> {
    const { control, sources } = this.#options;
    const wanted = control.inForce.config.sources.filter((source) => name === undefined || source.name === name);
    const look = async (source: SourceConfig) => {
      const state = sources.stateOf(source);
      // A look that has begun may have seen what was there before we were asked.
      while (state.work !== null) await state.work;
      state.due = 0;
      await this.#follow(source);
    };
    await Promise.all(wanted.map(look));
  }

  #follow(source: SourceConfig): Promise<void> {
    const state = this.#options.sources.stateOf(source);
    const work = this.#work(source, state).finally(() => {
      state.work = null;
    });
    state.work = work;
    return work;
  }

  async #work(source: SourceConfig, state: SourceState): Promise<void> {
    const { control, now, log } = this.#options;
    try {
      if (state.due <= now()) await this.#look(source, state);
      if (this.#isToKeep(source, state, control.inForce.config)) await this.#keep(source, state);
    } catch (error) {
      log.warn({ source: source.name, error: String(error) }, "a source could not be followed");
    }
  }

  async #look(source: SourceConfig, state: SourceState): Promise<void> {
    const { sources, control, log } = this.#options;
    const fields = { source: source.name, place: source.place };
    const failed = state.failure;
    const number = state.looks + 1;
    const found = await sources.look(source, knownTables(control.inForce.config)(source));
    // A reload has looked since; what it found is newer.
    if (state.looks !== number) return;
    if (typeof found === "string") {
      if (found !== failed) log.warn({ ...fields, why: found }, "a source cannot be read; its rows stay in use");
      return;
    }
    if (failed !== "") log.info(fields, "a source can be read again");
    const known = knownTables(control.inForce.config)(source);
    if (known !== undefined && isSameTable(known, found)) {
      // What came from the cache is what the table has.
      state.recalled = null;
      if (state.refused !== null) log.info(fields, "what a source has is what is in force again");
      state.refused = null;
      return;
    }
    const { refused } = state;
    const isKnown = refused !== null && isSameTable(refused.table, found);
    if (isKnown && (refused.under === null || refused.under === control.inForce.config)) return;
    await this.#apply(source, state, found);
  }

  async #apply(source: SourceConfig, state: SourceState, table: Table): Promise<void> {
    const { control, log, told } = this.#options;
    let found: readonly string[] = [];
    const { ok, generation, problems } = await control.apply((config) => {
      const next = configWithTable(config, source, table);
      found = next.lines;
      return next.config ?? [];
    });
    const lines = [...found, ...problems.map(({ what }) => what)];
    const why = ok ? "" : refusalText(lines);
    const isNews = ok || why !== state.refused?.why;
    state.refused = ok ? null : { table, why, under: control.inForce.config };
    if (isNews) told({ ok, generation }, lines);
    if (isNews) for (const line of lines) log.warn({ source: source.name }, line);
    if (ok) log.info({ source: source.name, rows: table.rows.length, generation }, "the rows of a source have changed");
    else if (isNews)
      log.warn({ source: source.name }, "the rows of a source were refused; those of before stay in use");
  }

  #isToKeep(source: SourceConfig, state: SourceState, config: Config): boolean {
    return state.keepDue <= this.#options.now() && isCacheStale(source, state, config);
  }

  async #keep(source: SourceConfig, state: SourceState): Promise<void> {
    const { control, clock, now, log } = this.#options;
    const table = knownTables(control.inForce.config)(source);
    if (table === undefined) return;
    const fields = { source: source.name };
    const content = { identity: sourceIdentity(source), place: source.place, table, now: clock() };
    try {
      await writeCache(source.cache, content);
      state.cached = table;
      if (state.notKept !== "") log.info(fields, "the cache of a source can be written again");
      state.notKept = "";
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (why !== state.notKept) log.warn({ ...fields, why }, "the cache of a source cannot be written");
      state.notKept = why;
      state.keepDue = now() + KEEP_AGAIN;
    }
  }
}

/** The configuration with other rows of a source, and what is to be said; without one when the rows are refused. */
export function configWithTable(
  config: Config,
  given: SourceConfig,
  table: Table,
): { readonly config?: Config; readonly lines: readonly string[] } {
  const identity = sourceIdentity(given);
  const source = config.sources.find((one) => one.name === given.name && sourceIdentity(one) === identity);
  // A reload came in between, and it is not wanted any more.
  if (source === undefined) return { config, lines: [] };
  const old = config.tables.get(source.name);
  const before = old === undefined ? undefined : translateTable(source, old, config);
  const after = translateTable(source, table, config);
  if (typeof after === "string") return { lines: [after] };
  const { isRefused, lines } = judgedRemarks(source, after.remarks);
  if (isRefused) return { lines };
  const known = typeof before === "string" ? undefined : before?.destinations;
  const sets = withTable(config.sets, source, known, after.destinations);
  const tables = new Map(config.tables).set(source.name, table);
  // What a reload would refuse does not come in by another door.
  const isAwaited = config.sources.some(({ name }) => !tables.has(name));
  const { config: next, findings } = reviewed(config, { ...config, sets, tables }, isAwaited);
  if (next === null) return { lines: findings.filter(({ severity }) => severity === "error").map(({ what }) => what) };
  return { config: next, lines: [...lines, ...findings.slice(0, MOST_FINDINGS).map(({ what }) => what)] };
}

function isCacheStale(source: SourceConfig, state: SourceState, config: Config): boolean {
  const table = config.tables.get(source.name);
  if (source.cache === "" || table === undefined || table === state.cached) return false;
  if (state.cached === null || !isSameTable(table, state.cached)) return true;
  state.cached = table;
  return false;
}
