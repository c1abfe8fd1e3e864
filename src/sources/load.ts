// A configuration with its sources read: the files say which tables, the tables say which destinations.
import type { ConfigIo } from "../config/io.ts";
import type { Loaded } from "../config/load.ts";
import { type ReadOptions, readConfiguration } from "../config/open.ts";
import { hasErrors } from "../config/problem.ts";
import type { Config } from "../config/schema.ts";
import { sourceIdentity } from "../config/source-databases.ts";
import { type KnownTable, Sources } from "./sources.ts";
import { TableReader } from "./table-reader.ts";

/** Reads files and tables. Never rejects. `inForce`: a source that cannot be read keeps the rows that it has there. */
export async function loadConfiguration(
  files: readonly string[],
  options: ReadOptions,
  io: ConfigIo,
  sources: Sources,
  inForce: Config | null = null,
): Promise<Loaded> {
  // Both passes see the same files, whatever happens to them in between.
  const remembering = rememberingIo(io);
  const first = readConfiguration(files, options, remembering);
  if (first.config === undefined || first.config.sources.length === 0) return first;
  const { tables, problems } = await sources.load(first.config, files[0] ?? "", knownTables(inForce));
  if (hasErrors(problems)) return { problems: [...first.problems, ...problems], isUnreachable: true };
  const whole = readConfiguration(files, options, remembering, tables);
  return { ...whole, problems: [...problems, ...whole.problems] };
}

/** The same for those who look once and end. */
export async function readWithSources(files: readonly string[], options: ReadOptions, io: ConfigIo): Promise<Loaded> {
  const reader = new TableReader();
  const loaded = await loadConfiguration(files, options, io, new Sources(reader, () => performance.now()));
  reader.stop();
  return loaded;
}

/** What a configuration has of a source. */
export function knownTables(config: Config | null): KnownTable {
  return (source) => {
    const identity = sourceIdentity(source);
    const alike = config?.sources.filter((one) => sourceIdentity(one) === identity) ?? [];
    // One that has another name now has the same rows, unless there are two of them.
    const same = alike.find((one) => one.name === source.name) ?? alike[0];
    return same === undefined ? undefined : config?.tables.get(same.name);
  };
}

function rememberingIo(io: ConfigIo): ConfigIo {
  const files = new Map<string, string>();
  return {
    ...io,
    readFile(path) {
      const known = files.get(path);
      if (known !== undefined) return known;
      const text = io.readFile(path);
      files.set(path, text);
      return text;
    },
  };
}
