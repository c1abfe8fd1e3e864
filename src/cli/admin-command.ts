// What the commands that talk to a running instance have in common: where it is, how the answer is printed, and which exit
// code a failure has.
import { readFileSync } from "node:fs";
import { InvalidArgumentError, Option, type Command as Program } from "commander";
import { AdminError } from "../admin/admin-error.ts";
import { AdminClient, DEFAULT_ADMIN } from "../admin/client.ts";
import type { AppliedResource, ProblemResource } from "../admin/resources.ts";
import { suggestion } from "../config/suggest.ts";
import { ExitCode } from "./exit-code.ts";
import { type Cell, type Column, formatTable, wantsColour } from "./table.ts";

/** The options that every such command has. */
export interface AdminCommandOptions {
  readonly admin: string;
  readonly output: "table" | "json" | "yaml";
  /** Undefined: none. */
  readonly token?: string;
}

/** A table of an answer. */
export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
}

/** The command was called in a way that cannot be carried out. */
export class UsageError extends Error {}

/** What a family of commands does when none of them is named. A name that is none of them is told as such, and not as an argument too many. */
export function defaultCommand(family: Program, name: string): Program {
  return family
    .command(name, { isDefault: true })
    .allowExcessArguments()
    .hook("preAction", ({ args: [word] }) => {
      if (word === undefined) return;
      const hint = suggestion(
        word,
        family.commands.map((one) => one.name()),
      );
      family.error(`error: there is no command "${family.name()} ${word}"${hint === "" ? "" : ` (${hint})`}`);
    });
}

/** Adds `--admin`, `--token` and `--output`. */
export function addAdminOptions(command: Program): Program {
  return addConnection(command).addOption(outputOption(["table", "json", "yaml"]));
}

/** The same for answers that are no tables. */
export function addTextOptions(command: Program): Program {
  return addConnection(command).addOption(outputOption(["json", "yaml"]));
}

/** The first one is the default. */
function outputOption(formats: readonly [string, ...string[]]): Option {
  return new Option("-o, --output <format>", "how to print").choices(formats).default(formats[0]);
}

function addConnection(command: Program): Program {
  return command
    .addOption(
      new Option("--admin <url>", "the admin API of the running instance").env("FAIRLEAD_ADMIN").default(DEFAULT_ADMIN),
    )
    .addOption(
      new Option("--token <secret>", "token for the admin API; better given by the environment").env("FAIRLEAD_TOKEN"),
    );
}

/** Options of a command that can be tried without effect. */
export interface DryRunOptions extends AdminCommandOptions {
  readonly dryRun?: boolean;
}

/** Adds `--dry-run`. */
export function addDryRun(command: Program): Program {
  return command.option("--dry-run", "say what would change, and change nothing");
}

/** Prints what a change has changed, or would. */
export async function printApplied(applied: AppliedResource, options: AdminCommandOptions): Promise<void> {
  printProblems(applied.problems);
  await print(applied, options, () => ({
    columns: [{ title: applied.dry_run ? "WOULD CHANGE" : "CHANGED" }, { title: "BEFORE" }, { title: "AFTER" }],
    rows: applied.changes.map(({ path, before, after }) => [path, shown(before), shown(after)]),
  }));
}

function shown(value: unknown): string {
  if (value === null) return "-";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** The text of a file; `-`: standard input. Throws UsageError when it cannot be read. */
export function readInput(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Prints an answer as it was asked for. */
export async function print(value: unknown, { output }: AdminCommandOptions, table: () => Table): Promise<void> {
  if (output === "json") process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  else if (output === "yaml") process.stdout.write((await import("yaml")).stringify(value));
  else {
    const { columns, rows } = table();
    process.stdout.write(formatTable(columns, rows, wantsColour(process.stdout, process.env)));
  }
}

/** Runs an action against the admin API; failures are told on stderr and become the exit code. */
export async function withAdmin(
  options: AdminCommandOptions,
  action: (client: AdminClient) => Promise<void>,
): Promise<void> {
  try {
    await action(new AdminClient(options.admin, options.token ?? ""));
  } catch (error) {
    if (!(error instanceof AdminError || error instanceof UsageError)) throw error;
    process.stderr.write(`error: ${error.message}${tokenHint(error, options)}\n`);
    if (error instanceof AdminError) await printRefusal(error, options);
    process.exitCode = exitCodeOf(error);
  }
}

/** What is wrong with what was refused: on stderr for people, and on stdout in the form that a script has asked for. */
async function printRefusal({ message, problems }: AdminError, options: AdminCommandOptions): Promise<void> {
  printProblems(problems);
  if (problems.length === 0 || options.output === "table") return;
  await print({ error: message, problems }, options, () => ({ columns: [], rows: [] }));
}

/** How to give the token that was missing, or that the one given is none. */
function tokenHint(error: AdminError | UsageError, { token }: AdminCommandOptions): string {
  if (!(error instanceof AdminError) || error.status !== 401) return "";
  return token === undefined ? " (FAIRLEAD_TOKEN, or --token)" : " (the one given is not one of them)";
}

/** Problems of a configuration, one per line, on stderr. */
export function printProblems(problems: readonly ProblemResource[]): void {
  for (const { where, severity, what, hint } of problems) {
    process.stderr.write(`${where}: ${severity}: ${what}${hint === "" ? "" : ` (${hint})`}\n`);
  }
}

/** Parses a whole number that is not negative. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("expected a whole number.");
  return Number(text);
}

/** Parses a whole number of either sign. */
export function integer(text: string): number {
  if (!/^-?\d{1,9}$/.test(text)) throw new InvalidArgumentError("expected a whole number.");
  return Number(text);
}

function exitCodeOf(error: AdminError | UsageError): ExitCode {
  if (error instanceof UsageError) return ExitCode.usage;
  if (error.status === 0) return ExitCode.unreachable;
  return error.status === 422 ? ExitCode.invalidConfiguration : ExitCode.failure;
}
