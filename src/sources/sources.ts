// The tables of a configuration's sources: read now, else as they were, else from the cache.
import type { Problem } from "../config/problem.ts";
import type { Config } from "../config/schema.ts";
import { type SourceConfig, sourceIdentity } from "../config/source-databases.ts";
import { filledSets, type Unfilled } from "../config/tables/fill.ts";
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
  /** Who follows it at the moment; null: nobody. */
  work: Promise<void> | null;
  /** The table that came from the cache; null: none did. */
  recalled: Table | null;
  /** What the cache holds, as far as this process knows. */
  cached: Table | null;
  /** Why the cache could not be written the last time; empty: it could. */
  notKept: string;
  /** When it is to be tried again, on `now`. */
  keepDue: number;
  /** What the table had when it was refused; null: what it had last was not. */
  refused: Refusal | null;
}

/** A table that was refused. */
export interface Refusal {
  readonly table: Table;
  /** What is wrong, in a line. */
  readonly why: string;
  /** The configuration that it did not fit into; another one may have room for it. */
  readonly under: Config | null;
}

/** What is in force of a source already. */
export type KnownTable = (source: SourceConfig) => Table | undefined;

/** What one source's table is chosen by. */
interface Choice {
  /** What is in force of it. */
  readonly before: Table | undefined;
  /** Why a table is refused for its rows; empty: it is not. */
  readonly refusal: (table: Table) => readonly string[];
  readonly say: (severity: Problem["severity"], what: string, hint?: string) => void;
}

const NEW: SourceState = {
  looks: 0,
  failures: 0,
  failure: "",
  readAt: -1,
  due: 0,
  work: null,
  recalled: null,
  cached: null,
  notKept: "",
  keepDue: 0,
  refused: null,
};
/** Reasons in a line. */
const MOST_LINES = 3;
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

  /**
   * All tables for `config`, read from `file`, that is about to come into force; errors where one is missing that must be there.
   * A table that is refused for its rows counts as one that cannot be read.
   */
  async load(config: Unfilled, file: string, known: KnownTable): Promise<{ tables: Tables; problems: Problem[] }> {
    const tables = new Map<string, Table>();
    const problems: Problem[] = [];
    const found = await Promise.all(config.sources.map((source) => this.look(source, known(source))));
    for (const [at, source] of config.sources.entries()) {
      const table = await this.#choose(source, found[at] ?? "", {
        before: known(source),
        // What a row means depends on the sources before this one.
        refusal: (one) => refusalOf({ ...config, sources: config.sources.slice(0, at + 1) }, tables, source, one),
        say: (severity, what, hint = "") => problems.push({ file, line: 0, column: 0, severity, what, hint }),
      });
      if (table !== undefined) tables.set(source.name, table);
    }
    return { tables, problems };
  }

  async #choose(source: SourceConfig, found: Table | string, choice: Choice): Promise<Table | undefined> {
    const { before, refusal, say } = choice;
    const state = this.stateOf(source);
    const lines = typeof found === "string" ? [] : refusal(found);
    if (typeof found !== "string") {
      state.refused = lines.length === 0 ? null : { table: found, why: refusalText(lines), under: null };
      if (lines.length === 0) return found;
    }
    const name = `source ${source.name} (${source.place})`;
    const why = typeof found === "string" ? `cannot be read: ${found}` : "has rows that make no destination";
    const tell = (severity: Problem["severity"], what: string, hint: string) => {
      for (const line of lines) say(severity, line);
      say(severity, `${name} ${what}`, hint);
    };
    if (before !== undefined && refusal(before).length === 0) {
      tell("warning", why, "its rows of before stay in use");
      return before;
    }
    const cached = source.cache === "" ? "it has no cache" : await readCache(source.cache, sourceIdentity(source));
    if (typeof cached === "string" || tableFault(source, cached.table) !== "" || refusal(cached.table).length > 0) {
      const more = typeof cached === "string" ? cached : "the cache does not fit";
      const hint = source.required ? "cache: FILE, or required: false to start without" : "it is tried again";
      tell(source.required ? "error" : "warning", `${why}; ${more}`, hint);
      return undefined;
    }
    state.cached = cached.table;
    state.recalled = cached.table;
    tell("warning", why, `its rows of ${cached.written} are in use`);
    return cached.table;
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

  /**
   * A reload that read its tables under `before` comes into force over `now`: what has changed about a table in between was read later,
   * and is looked at again.
   */
  lookAgain(before: Config, now: Config): void {
    for (const source of now.sources)
      if (now.tables.get(source.name) !== before.tables.get(source.name)) this.stateOf(source).due = 0;
  }

  /** How a source is doing. */
  stateOf(source: SourceConfig): SourceState {
    // Two sources may have one table, and other sets for it.
    const key = `${source.name} ${sourceIdentity(source)}`;
    let state = this.#states.get(key);
    if (state === undefined) {
      state = { ...NEW };
      this.#states.set(key, state);
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

/** Lines as one; there may be as many as rows. */
export function refusalText(lines: readonly string[]): string {
  const more = lines.length - MOST_LINES;
  return `${lines.slice(0, MOST_LINES).join("; ")}${more > 0 ? `; ${more} more` : ""}`;
}

function refusalOf(config: Unfilled, tables: Tables, source: SourceConfig, table: Table): readonly string[] {
  if (source.badRows !== "refuse") return [];
  const { findings, refused } = filledSets(config, new Map(tables).set(source.name, table));
  if (!refused.includes(source.name)) return [];
  return findings.filter(({ severity }) => severity === "error").map(({ what }) => what);
}

function unusable(source: SourceConfig, table: Table, before: Table | undefined): string {
  const fault = tableFault(source, table);
  if (fault !== "") return fault;
  const wasFull = before !== undefined && before.rows.length > 0;
  return wasFull && table.rows.length === 0 && source.emptyTable === "keep"
    ? "the table is empty now (empty_table: accept would take that as it is)"
    : "";
}
