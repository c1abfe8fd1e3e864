// `fairlead check FILE...`: everything that would stop or surprise it, without starting anything.
import { type Command as Commander, Option } from "commander";
import { stringify } from "yaml";
import { type Information, informationOn } from "../config/information.ts";
import { readConfiguration } from "../config/open.ts";
import { formatProblem, hasErrors, type Problem } from "../config/problem.ts";
import type { Command } from "./command.ts";
import { configurationIo } from "./configuration-io.ts";
import { addConfigurationOptions, type ConfigurationFlags, readOptions } from "./configuration-options.ts";
import { ExitCode } from "./exit-code.ts";

interface Flags extends ConfigurationFlags {
  readonly output: "table" | "json" | "yaml";
}

interface Answer {
  readonly valid: boolean;
  readonly problems: readonly Problem[];
  readonly information: readonly Information[];
}

function print(answer: Answer, output: Flags["output"]): void {
  if (output === "json") process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
  else if (output === "yaml") process.stdout.write(stringify(answer));
  else {
    for (const problem of answer.problems) process.stderr.write(`${formatProblem(problem)}\n`);
    for (const { file, what, hint } of answer.information) process.stderr.write(`${file}: info: ${what} (${hint})\n`);
  }
}

function check(files: string[], flags: Flags): void {
  // Each file is a configuration of its own here: CI checks many at once.
  const read = files.map((file) => ({ file, ...readConfiguration([file], readOptions(flags), configurationIo) }));
  const problems = read.flatMap((each) => each.problems);
  const information = read.flatMap(({ file, config }) => (config === undefined ? [] : informationOn(config, file)));
  const valid = !hasErrors(problems);
  print({ valid, problems, information }, flags.output);
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
