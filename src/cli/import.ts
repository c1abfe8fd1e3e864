// `fairlead import FILE`: the same configuration as fairlead.yaml, on standard output; problems on standard error.
import type { Command as Commander } from "commander";
import { translate } from "../config/open.ts";
import { formatProblem } from "../config/problem.ts";
import type { Command } from "./command.ts";
import { configurationIo } from "./configuration-io.ts";
import { addImportOptions, type ConfigurationFlags, readOptions } from "./configuration-options.ts";
import { ExitCode } from "./exit-code.ts";

function run(file: string, flags: ConfigurationFlags): void {
  const { yaml, problems } = translate(file, readOptions(flags), configurationIo);
  for (const problem of problems) process.stderr.write(`${formatProblem(problem)}\n`);
  if (yaml !== undefined) process.stdout.write(yaml);
  process.exitCode = yaml === undefined ? ExitCode.invalidConfiguration : ExitCode.ok;
}

/** The command. */
export const importCommand: Command = {
  name: "import",
  summary:
    "Prints another product's configuration file as fairlead.yaml, with a comment for whatever has no equivalent.",
  register(program: Commander): void {
    const command = program
      .command(importCommand.name)
      .description(importCommand.summary)
      .argument("<file>", "a file of another product, recognised by content");
    addImportOptions(command).action(run);
  },
};
