// The tables of a configuration's sources: read now, else as they were, else from the cache.
import type { Problem } from "../config/problem.ts";
import { type SourceConfig, sourceIdentity } from "../config/source-databases.ts";
import type { Table, Tables } from "../config/tables/table.ts";
import { tableFault } from "../config/tables/translate.ts";
import { readCache } from "./cache.ts";
import type { TableSource } from "./table-reader.ts";

/** A source, as it is doing. */
export interface SourceState {
  /** Looks that have begun; of two at a time the later one counts. */
  looks: number;
  /** Failures in a row. */
  failures: number;
  /** Why the last look failed; empty: it did not. */
  failure: string;
  /** When the table was last read; milliseconds on `now`, -1: not by this process. */
  readAt: number;
  /** When it is to be read again, on `now`. */
  due: number;
  isBusy: boolean;
  /** What the cache holds, as far as this process knows. */
  cached: Table | null;
  /** A table that was refused for its rows: told once. */
  refused: Table | null;
}

/** What is in force of a source already. */
export type KnownTable = (source: SourceConfig) => Table | undefined;

const FIRST_RETRY = 1_000;
const LONGEST_RETRY = 30_000;

/** Reads sources and knows how they are doing. `now`: a clock in milliseconds that only goes forward. */
export class Sources {
  readonly #reader: TableSource;
  readonly #now: () => number;
  readonly #states = new Map<string, SourceState>();

  constructor(reader: TableSource, now: () => number) {
    this.#reader = reader;
    this.#now = now;
  }

  /** All tables for a configuration of `file` that is about to come into force; errors where one is missing that must be there. */
  async load(
    sources: readonly SourceConfig[],
    file: string,
    known: KnownTable,
  ): Promise<{ tables: Tables; problems: Problem[] }> {
    const tables = new Map<string, Table>();
    const problems: Problem[] = [];
    const say = (source: SourceConfig, severity: Problem["severity"], what: string, hint: string) =>
      problems.push({
        file,
        line: 0,
        column: 0,
        severity,
        what: `source ${source.name} (${source.place}) ${what}`,
        hint,
      });
    await Promise.all(
      sources.map(async (source) => {
        const before = known(source);
        const found = await this.look(source, before);
        if (typeof found !== "string") {
          tables.set(source.name, found);
          return;
        }
        if (before !== undefined) {
          say(source, "warning", `cannot be read: ${found}`, "its rows of before stay in use");
          tables.set(source.name, before);
          return;
        }
        const cached = source.cache === "" ? "it has no cache" : await readCache(source.cache, sourceIdentity(source));
        if (typeof cached === "string" || tableFault(source, cached.table) !== "") {
          const why = typeof cached === "string" ? cached : "the cache does not fit";
          const severity = source.required ? "error" : "warning";
          const hint = source.required ? "cache: FILE, or required: false to start without" : "it is tried again";
          say(source, severity, `cannot be read: ${found}; ${why}`, hint);
          return;
        }
        this.stateOf(source).cached = cached.table;
        tables.set(source.name, cached.table);
        say(source, "warning", `cannot be read: ${found}`, `its rows of ${cached.written} are in use`);
      }),
    );
    return { tables, problems };
  }

  /** One look at the table: the table, or why it cannot be used. `before`: what is in use. */
  async look(source: SourceConfig, before: Table | undefined): Promise<Table | string> {
    const state = this.stateOf(source);
    const number = ++state.looks;
    const result = await this.#reader.read(source);
    const failure = "failure" in result ? result.failure : unusable(source, result, before);
    if (number === state.looks) this.#note(source, state, failure);
    return "failure" in result || failure !== "" ? failure : result;
  }

  /** How a source is doing. */
  stateOf(source: SourceConfig): SourceState {
    const identity = sourceIdentity(source);
    let state = this.#states.get(identity);
    if (state === undefined) {
      state = { looks: 0, failures: 0, failure: "", readAt: -1, due: 0, isBusy: false, cached: null, refused: null };
      this.#states.set(identity, state);
    }
    return state;
  }

  #note(source: SourceConfig, state: SourceState, failure: string): void {
    const now = this.#now();
    state.failure = failure;
    if (failure === "") {
      state.failures = 0;
      state.readAt = now;
      state.due = source.poll === 0 ? Number.POSITIVE_INFINITY : now + source.poll;
    } else {
      // A table that is only read on command is tried again, too, until it has been read.
      state.due = now + Math.min(FIRST_RETRY * 2 ** Math.min(state.failures, 10), LONGEST_RETRY);
      state.failures++;
    }
  }
}

function unusable(source: SourceConfig, table: Table, before: Table | undefined): string {
  const fault = tableFault(source, table);
  if (fault !== "") return fault;
  const wasFull = before !== undefined && before.rows.length > 0;
  return wasFull && table.rows.length === 0 && source.emptyTable === "keep"
    ? "the table is empty now (empty_table: accept would take that as it is)"
    : "";
}
