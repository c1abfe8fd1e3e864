// `fairlead run FILE`: runs until a signal ends it.
import type { Command as Program } from "commander";
import type { ReadOptions } from "../config/open.ts";
import type { Command } from "./command.ts";
import { addConfigurationOptions, type ConfigurationFlags, readOptions } from "./configuration-options.ts";

/** Runs and resolves with the exit code; main.ts knows how. */
export type Run = (files: readonly string[], options: ReadOptions) => Promise<number>;

/** The command. */
export function runCommand(run: Run): Command {
  const command: Command = {
    name: "run",
    summary: "Runs the load balancer with a fairlead.yaml or another product's file.",
    register(program: Program): void {
      const own = program.command(command.name).description(command.summary);
      addConfigurationOptions(own.argument("<file...>", "fairlead.yaml, or a file that is recognised by its content"))
        .addHelpText(
          "after",
          "\nSIGHUP reloads. SIGTERM takes no new calls and waits for the others. SIGINT ends at once.",
        )
        .action(async (files: string[], flags: ConfigurationFlags) => {
          process.exitCode = await run(files, readOptions(flags));
        });
    },
  };
  return command;
}
