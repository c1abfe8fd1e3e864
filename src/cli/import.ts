// `fairlead import FILE` (or a database): the same configuration as fairlead.yaml, on standard output; problems on standard error.
import type { Command as Commander } from "commander";
import { translate } from "../config/open.ts";
import { formatProblem } from "../config/problem.ts";
import { type ImportedTable, importTable, isDatabaseUrl } from "../sources/import-table.ts";
import { TableReader } from "../sources/table-reader.ts";
import type { Command } from "./command.ts";
import { configurationIo } from "./configuration-io.ts";
import { addImportOptions, type ConfigurationFlags, readOptions } from "./configuration-options.ts";
import { ExitCode } from "./exit-code.ts";

interface Flags extends ConfigurationFlags {
  readonly table: string;
  readonly dialplan?: string;
}

async function run(file: string, flags: Flags): Promise<void> {
  const { yaml, problems } = await translated(file, flags);
  for (const problem of problems) process.stderr.write(`${formatProblem(problem)}\n`);
  if (yaml !== undefined) process.stdout.write(yaml);
  process.exitCode = yaml === undefined ? ExitCode.invalidConfiguration : ExitCode.ok;
}

async function translated(file: string, { table, dialplan, ...flags }: Flags): Promise<ImportedTable> {
  const options = readOptions(flags);
  if (!isDatabaseUrl(file)) return translate(file, options, configurationIo);
  const reader = new TableReader();
  const found = await importTable(file, table, options, configurationIo, reader, dialplan);
  reader.stop();
  return found;
}

/** The command. */
export const importCommand: Command = {
  name: "import",
  summary:
    "Prints another product's configuration file or table as fairlead.yaml, with a comment for whatever has no equivalent.",
  register(program: Commander): void {
    const command = program
      .command(importCommand.name)
      .description(importCommand.summary)
      .argument(
        "<file>",
        "a file of another product, recognised by content, or a database: mysql://USER@HOST/DATABASE",
      );
    addImportOptions(command)
      .option("--table <name>", "of a database: the table", "dispatcher")
      .option("--dialplan <id>", "of a table `dialplan` with several: which one (dpid)")
      .action(run);
  },
};
