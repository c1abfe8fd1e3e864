// What `fairlead import` does.
import { translate } from "../../config/open.ts";
import { formatProblem } from "../../config/problem.ts";
import { type ImportedTable, importTable, isDatabaseUrl } from "../../sources/import-table.ts";
import { TableReader } from "../../sources/table-reader.ts";
import { configurationIo } from "../configuration-io.ts";
import { type ConfigurationFlags, readOptions } from "../configuration-options.ts";
import { ExitCode } from "../exit-code.ts";

/** Its options as commander hands them over. */
export interface ImportFlags extends ConfigurationFlags {
  readonly table: string;
  readonly dialplan?: string;
}

/** Prints a file or a table as fairlead.yaml, and sets the exit code. */
export async function importFile(file: string, flags: ImportFlags): Promise<void> {
  const { yaml, problems } = await translated(file, flags);
  for (const problem of problems) process.stderr.write(`${formatProblem(problem)}\n`);
  if (yaml !== undefined) process.stdout.write(yaml);
  process.exitCode = yaml === undefined ? ExitCode.invalidConfiguration : ExitCode.ok;
}

async function translated(file: string, { table, dialplan, ...flags }: ImportFlags): Promise<ImportedTable> {
  const options = readOptions(flags);
  if (!isDatabaseUrl(file)) return translate(file, options, configurationIo);
  const reader = new TableReader();
  const found = await importTable(file, table, options, configurationIo, reader, dialplan);
  reader.stop();
  return found;
}
