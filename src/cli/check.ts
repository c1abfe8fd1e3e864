// `fairlead check FILE...`: everything that would stop or surprise it, without starting anything.
import { type Command as Commander, Option } from "commander";
import { stringify } from "yaml";
import { readConfiguration } from "../config/open.ts";
import { formatProblem, hasErrors, type Problem } from "../config/problem.ts";
import type { Command } from "./command.ts";
import { configurationIo } from "./configuration-io.ts";
import { addConfigurationOptions, type ConfigurationFlags, readOptions } from "./configuration-options.ts";
import { ExitCode } from "./exit-code.ts";

interface Flags extends ConfigurationFlags {
  readonly output: "table" | "json" | "yaml";
}

function print(problems: readonly Problem[], valid: boolean, output: Flags["output"]): void {
  if (output === "json") process.stdout.write(`${JSON.stringify({ valid, problems }, null, 2)}\n`);
  else if (output === "yaml") process.stdout.write(stringify({ valid, problems }));
  else for (const problem of problems) process.stderr.write(`${formatProblem(problem)}\n`);
}

function check(files: string[], flags: Flags): void {
  // Each file is a configuration of its own here: CI checks many at once.
  const problems = files.flatMap((file) => readConfiguration([file], readOptions(flags), configurationIo).problems);
  const valid = !hasErrors(problems);
  print(problems, valid, flags.output);
  process.exitCode = valid ? ExitCode.ok : ExitCode.invalidConfiguration;
}

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
      .addOption(
        new Option("--output <format>", "form of the answer").choices(["table", "json", "yaml"]).default("table"),
      )
      .action(check);
  },
};
