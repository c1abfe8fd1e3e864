// What `fairlead check` does.
import { stringify } from "yaml";
import { type Information, informationOn } from "../../config/information.ts";
import type { Loaded } from "../../config/load.ts";
import { readConfiguration } from "../../config/open.ts";
import { formatProblem, hasErrors, type Problem } from "../../config/problem.ts";
import type { Config } from "../../config/schema.ts";
import { describeNames, type FoundName, findNames, hasNames, nameText } from "../../explain/names.ts";
import { readWithSources } from "../../sources/load.ts";
import { configurationIo, machineAddresses } from "../configuration-io.ts";
import { type ConfigurationFlags, readOptions } from "../configuration-options.ts";
import { ExitCode } from "../exit-code.ts";

/** Its options as commander hands them over. */
export interface CheckFlags extends ConfigurationFlags {
  /** Whether names are looked up. */
  readonly dns: boolean;
  /** Whether tables are read. */
  readonly sources: boolean;
  readonly output: "table" | "json" | "yaml";
}

interface Answer {
  readonly valid: boolean;
  readonly problems: readonly Problem[];
  readonly information: readonly Information[];
  /** What the names of destinations stand for just now. */
  readonly names: readonly FoundName[];
}

function print(answer: Answer, output: CheckFlags["output"]): void {
  if (output === "json") process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
  else if (output === "yaml") process.stdout.write(stringify(answer));
  else {
    for (const problem of answer.problems) process.stderr.write(`${formatProblem(problem)}\n`);
    for (const { file, what, hint } of answer.information) process.stderr.write(`${file}: info: ${what} (${hint})\n`);
    for (const name of answer.names) if (name.servers.length > 0) process.stdout.write(`${nameText(name)}\n`);
  }
}

/** Checks the files, prints what was found, and sets the exit code. */
export async function check(files: string[], flags: CheckFlags): Promise<void> {
  // Each file is a configuration of its own here: CI checks many at once.
  const read = await Promise.all(files.map(async (file) => ({ file, ...(await readOne(file, flags)) })));
  const problems = read.flatMap((each) => each.problems);
  const addresses = machineAddresses();
  const information = read.flatMap(({ file, config }) =>
    config === undefined ? [] : informationOn(config, file, addresses),
  );
  const conclude = (all: readonly Problem[], names: readonly FoundName[]) => {
    const valid = !hasErrors(all);
    print({ valid, problems: all, information, names }, flags.output);
    const isWrong = read.some((one) => hasErrors(one.problems) && one.isUnreachable !== true);
    process.exitCode = valid ? ExitCode.ok : isWrong ? ExitCode.invalidConfiguration : ExitCode.unreachable;
  };
  // Names may be looked up for a while; without any the answer is there at once.
  if (!flags.dns || !read.some(({ config }) => config !== undefined && hasNames(config))) return conclude(problems, []);
  const found = await Promise.all(read.map(({ file, config }) => lookUp(file, config)));
  const names = found.flatMap((each) => each.names);
  conclude([...problems, ...found.flatMap((each) => each.problems)], names);
}

function readOne(file: string, flags: CheckFlags): Promise<Loaded> | Loaded {
  const options = readOptions(flags);
  return flags.sources
    ? readWithSources([file], options, configurationIo)
    : readConfiguration([file], options, configurationIo);
}

/** A name that does not resolve here may well do so where the configuration is used: a warning. */
async function lookUp(file: string, config: Config | undefined): Promise<{ names: FoundName[]; problems: Problem[] }> {
  if (config === undefined) return { names: [], problems: [] };
  const names = describeNames(config, await findNames(config));
  const problems = names
    .filter(({ warning }) => warning !== "")
    .map(({ set, destination, warning }): Problem => {
      const what = `${set}/${destination}: ${warning}`;
      return { file, line: 0, column: 0, severity: "warning", what, hint: "" };
    });
  return { names, problems };
}
