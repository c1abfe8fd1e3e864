// A configuration with tables in the test's own process: a clock that the test moves, a control plane that only remembers.

import { fakeIo, NO_OPTIONS } from "../../src/config/io-fake.ts";
import type { Problem } from "../../src/config/problem.ts";
import { formatProblem } from "../../src/config/problem.ts";
import type { Config } from "../../src/config/schema.ts";
import type { RowReport, SourceView } from "../../src/config/tables/source-view.ts";
import { TableFollower } from "../../src/sources/follower.ts";
import { loadConfiguration } from "../../src/sources/load.ts";
import { Sources } from "../../src/sources/sources.ts";
import { TableReader, type TableSource } from "../../src/sources/table-reader.ts";
import { rowReport, sourceViews } from "../../src/sources/views.ts";
import { freshFile, type TestDatabase } from "../kit/databases.ts";
import { createTable, insertRows, KAMAILIO } from "./schemas.ts";

/** What stands in a configuration besides its sources. */
const REST = { listeners: ["udp://127.0.0.1:5060", { uri: "udp://127.0.0.1:5062", name: "inside" }], admin: false };

/** A bench; `stop` ends its reader. */
export class TableBench {
  /** Files besides the configuration, by absolute path. */
  static readonly files: Record<string, string> = {};
  /** Milliseconds. */
  now = 0;
  /** Configurations that came into force by a change of a table. */
  changes = 0;
  readonly said: string[] = [];
  /** What whoever follows events hears of tables. */
  readonly told: string[] = [];
  readonly reader: TableReader;
  readonly sources: Sources;
  config: Config | null = null;
  #follower: TableFollower | null = null;

  constructor(reader: TableSource & { stop(): void } = new TableReader()) {
    this.reader = reader as TableReader;
    this.sources = new Sources(reader, () => this.now);
  }

  /** Loads; problems in words. What is valid is in force. */
  async load(section: object): Promise<string[]> {
    const io = fakeIo({ ...TableBench.files, "/etc/f.yaml": JSON.stringify({ ...REST, ...section }) });
    const { config, problems } = await loadConfiguration(["/etc/f.yaml"], NO_OPTIONS, io, this.sources, this.config);
    if (config !== undefined) this.config = config;
    return problems.map(formatProblem);
  }

  /** Loads one source of Kamailio's kind. */
  loadKamailio(source: object, section: object = {}): Promise<string[]> {
    return this.load({ sources: [{ kamailio: source }], routes: [{ reject: { status: 503 } }], ...section });
  }

  /** Time passes, and the follower has its turn. */
  async pass(milliseconds: number): Promise<void> {
    this.now += milliseconds;
    this.#follower ??= this.#follow();
    await this.#follower.tick();
  }

  /** Somebody asks for the tables to be read. */
  async lookNow(name?: string): Promise<void> {
    this.#follower ??= this.#follow();
    await this.#follower.lookNow(name);
  }

  /** The first source, as whoever watches sees it. */
  view(): SourceView & RowReport {
    const view = sourceViews(this.config!, this.sources, this.now)[0]!;
    return { ...view, ...rowReport(this.config!, view.name) };
  }

  /** `NAME weight priority state` of every destination of a set. */
  set(name: string): string[] {
    const set = this.config?.sets.find((one) => one.name === name);
    return set?.destinations.map((one) => `${one.name} ${one.weight} ${one.priority} ${one.state}`) ?? [];
  }

  stop(): void {
    this.reader.stop();
  }

  #follow(): TableFollower {
    const bench = this;
    const log = (fields: object, message: string) => this.said.push(`${message} ${JSON.stringify(fields)}`);
    return new TableFollower({
      control: {
        get inForce() {
          return { config: bench.config! };
        },
        async apply(derive: (config: Config) => Config | Problem[]) {
          const next = derive(bench.config!);
          if (Array.isArray(next)) return { ok: false, generation: bench.changes, problems: next };
          bench.config = next;
          return { ok: true, generation: ++bench.changes, problems: [] };
        },
      },
      sources: this.sources,
      log: { info: log, warn: log },
      now: () => this.now,
      clock: () => Date.UTC(2026, 0, 2) + this.now,
      told: ({ ok }, lines) => this.told.push([ok ? "applied" : "refused", ...lines].join(" ")),
    });
  }
}

/** Rows that a table of `withTable` has. */
export const ROWS = [
  { id: 5, setid: 1, destination: "sip:10.0.0.5", attrs: "weight=5" },
  { id: 2, setid: 1, destination: "sip:10.0.0.2", attrs: "weight=2" },
  { id: 9, setid: 1, destination: "sip:10.0.0.2", attrs: "weight=9" },
];

/** Works with an empty file of SQLite. */
export async function withFile(work: (bench: TableBench, database: TestDatabase) => Promise<void>): Promise<void> {
  const database = await freshFile();
  const bench = new TableBench();
  try {
    await work(bench, database);
  } finally {
    bench.stop();
    await database.drop();
  }
}

/** Works with a table of Kamailio's in a file of SQLite, and what a source says about it. */
export function withTable(
  work: (bench: TableBench, database: TestDatabase, source: object) => Promise<void>,
): Promise<void> {
  return withFile(async (bench, database) => {
    await database.run(createTable(KAMAILIO[3]!, "sqlite"), insertRows("dispatcher", ROWS));
    await work(bench, database, { url: database.urlText(), poll: "10s", defaults: { algorithm: "weighted" } });
  });
}
