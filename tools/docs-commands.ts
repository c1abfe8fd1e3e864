// The reference page of the commands, from their registry.
import { Command } from "commander";
import { demoCommand } from "../src/cli/demo.ts";
import { ExitCode } from "../src/cli/exit-code.ts";
import { COMMANDS } from "../src/cli/index.ts";
import { runCommand } from "../src/cli/run.ts";

/** As in src/main.ts, which gives the first two what they need to run. */
const ALL = [runCommand(() => Promise.resolve(ExitCode.ok)), demoCommand(""), ...COMMANDS];

/** The page. */
export function commandsPage(): string {
  const program = new Command("fairlead");
  for (const command of ALL) command.register(program);
  const codes = Object.entries(ExitCode).map(
    ([name, code]) => `${code} ${name.replaceAll(/([A-Z])/g, " $1").toLowerCase()}`,
  );
  return [
    "# Commands",
    "",
    "<!-- Written by `npm run docs` from src/cli. Do not edit. -->",
    "",
    `Exit codes: ${codes.join(", ")}. A name of a set, destination or source that the running instance does not know is a failure.`,
    "",
    ...program.commands.flatMap((command) => commandText(command, "fairlead", 2)),
  ].join("\n");
}

function commandText(command: Command, parent: string, level: number): string[] {
  const name = `${parent} ${command.name()}`;
  const args = command.registeredArguments.map(
    (one) => `| \`${one.name()}${one.variadic ? "..." : ""}\` | ${cell(one.description)} | |`,
  );
  const options = command.options.map(
    (one) =>
      `| \`${one.flags}\` | ${cell(choices(one.description, one.argChoices))} | ${one.defaultValue === undefined ? "" : `\`${String(one.defaultValue)}\``} |`,
  );
  const rows = [...args, ...options];
  const table =
    rows.length === 0 ? [] : ["| argument, option | meaning | default |", "| --- | --- | --- |", ...rows, ""];
  const below = command.commands.flatMap((child) => commandText(child, name, level + 1));
  return [`${"#".repeat(level)} ${name}`, "", command.description(), "", ...table, ...below];
}

function choices(text: string, known: readonly string[] | undefined): string {
  return known === undefined ? text : `${text}: ${known.join(", ")}`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
