// fairlead sources: the tables that the running instance has destinations from.
import type { SourceResource } from "../admin/resources.ts";
import {
  type AdminCommandOptions,
  addAdminOptions,
  defaultCommand,
  print,
  type Table,
  withAdmin,
} from "./admin-command.ts";
import type { Command } from "./command.ts";
import { ExitCode } from "./exit-code.ts";
import { formatAge } from "./table.ts";

/** `fairlead sources`. */
export const sourcesCommand: Command = {
  name: "sources",
  summary: "Shows the tables that destinations come from, and has them read.",
  register(program) {
    const sources = program.command("sources").description(sourcesCommand.summary);
    addAdminOptions(
      defaultCommand(sources, "ls").description("When each was read, its rows, and what is wrong."),
    ).action((options: AdminCommandOptions) =>
      withAdmin(options, async (client) => show(await client.sources(), options)),
    );
    const reload = sources
      .command("reload [source]")
      .description("Reads the table of one source, or of all, now; ends with 1 when one cannot be read.");
    addAdminOptions(reload).action((source: string | undefined, options: AdminCommandOptions) =>
      withAdmin(options, async (client) => {
        const found = await client.reloadSources(source);
        await show(found, options);
        if (found.some(({ error }) => error !== null)) process.exitCode = ExitCode.failure;
      }),
    );
  },
};

/** Remarks go to stderr: a script reads the table. */
async function show(sources: readonly SourceResource[], options: AdminCommandOptions): Promise<void> {
  await print(sources, options, () => sourceTable(sources));
  if (options.output !== "table") return;
  for (const { name, remarks, error, cache_error: notKept } of sources) {
    if (error !== null) process.stderr.write(`${name}: ${error}\n`);
    if (notKept !== null) process.stderr.write(`${name}: the cache cannot be written: ${notKept}\n`);
    for (const remark of remarks) process.stderr.write(`${name}: ${remark}\n`);
  }
}

function sourceTable(sources: readonly SourceResource[]): Table {
  const right = true;
  const columns = [
    { title: "SOURCE" },
    { title: "SERVING" },
    { title: "ROWS", right },
    { title: "SKIPPED", right },
    { title: "READ", right },
    { title: "NEXT", right },
    { title: "TABLE" },
  ];
  const rows = sources.map(({ name, serving, rows, skipped, age_s: age, next_s: next, place }) => [
    name,
    { text: serving, tone: serving === "table" ? "good" : serving === "nothing" ? "bad" : "warning" } as const,
    String(rows),
    { text: String(skipped), tone: skipped === 0 ? "plain" : "warning" } as const,
    age === null ? "never" : formatAge(age * 1_000),
    next === null ? "-" : formatAge(next * 1_000),
    place,
  ]);
  return { columns, rows };
}
