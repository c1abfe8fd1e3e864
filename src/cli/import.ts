// `fairlead import FILE` (or a database): the same configuration as fairlead.yaml, on standard output; problems on standard error.
import type { Command as Commander } from "commander";
import type { ImportFlags } from "./actions/import.ts";
import type { Command } from "./command.ts";
import { addImportOptions } from "./configuration-options.ts";

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
      .action(async (file: string, flags: ImportFlags) =>
        (await import("./actions/import.ts")).importFile(file, flags),
      );
  },
};
