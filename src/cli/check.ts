// `fairlead check FILE...`: everything that would stop or surprise it, without starting anything.
import { type Command as Commander, Option } from "commander";
import type { CheckFlags } from "./actions/check.ts";
import type { Command } from "./command.ts";
import { addConfigurationOptions } from "./configuration-options.ts";

/** The command. */
export const checkCommand: Command = {
  name: "check",
  summary:
    "Says everything in configuration files that would stop or surprise Fairlead; exit 3 when it would not start.",
  register(program: Commander): void {
    const command = program
      .command(checkCommand.name)
      .description(checkCommand.summary)
      .argument("<file...>", "fairlead.yaml or a file of another product");
    addConfigurationOptions(command)
      .option("--no-dns", "do not look up the names of destinations")
      .option("--no-sources", "do not read the tables of sources, and do not check what depends on them")
      .addOption(
        new Option("--output <format>", "form of the answer").choices(["table", "json", "yaml"]).default("table"),
      )
      .action(async (files: string[], flags: CheckFlags) => (await import("./actions/check.ts")).check(files, flags));
  },
};
