// A configuration with tables in the test's own process: a clock that the test moves, a control plane that only remembers.

import { fakeIo, NO_OPTIONS } from "../../src/config/io-fake.ts";
import type { Problem } from "../../src/config/problem.ts";
import { formatProblem } from "../../src/config/problem.ts";
import type { Config } from "../../src/config/schema.ts";
import { TableFollower } from "../../src/sources/follower.ts";
import { loadConfiguration } from "../../src/sources/load.ts";
import { Sources } from "../../src/sources/sources.ts";
import { TableReader, type TableSource } from "../../src/sources/table-reader.ts";

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
    });
  }
}
