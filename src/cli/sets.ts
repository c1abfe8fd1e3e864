// fairlead sets: the dispatcher sets of the running instance.
import type { Command as Program } from "commander";
import type { SetResource } from "../admin/resources.ts";
import {
  type AdminCommandOptions,
  addAdminOptions,
  addDryRun,
  type DryRunOptions,
  defaultCommand,
  print,
  printApplied,
  readInput,
  type Table,
  UsageError,
  withAdmin,
} from "./admin-command.ts";
import type { Command } from "./command.ts";
import { destinationTable } from "./destination-table.ts";
import { registerSetProbing } from "./probing.ts";
import { settingsArgument, settingsOf } from "./setting.ts";

/** `fairlead sets`. */
export const setsCommand: Command = {
  name: "sets",
  summary: "Shows and changes the dispatcher sets of the running instance.",
  register(program) {
    const sets = program.command("sets").description(setsCommand.summary);
    addAdminOptions(defaultCommand(sets, "ls").description("All sets.")).action((options: AdminCommandOptions) =>
      withAdmin(options, async (client) => {
        const resources = await client.sets();
        await print(resources, options, () => setTable(resources));
      }),
    );
    addAdminOptions(sets.command("show <set>").description("One set and its destinations.")).action(
      (name: string, options: AdminCommandOptions) =>
        withAdmin(options, async (client) => {
          const resource = await client.set(name);
          await print(resource, options, () => destinationTable(resource.destinations, Date.now()));
        }),
    );
    registerChanges(sets);
    registerSetProbing(sets);
  },
};

interface SettingsOptions extends DryRunOptions {
  readonly algorithm?: string;
}

function registerChanges(sets: Program): void {
  const put = sets
    .command("put <set> <file>")
    .description("Adds a set, or puts one in the place of the set of that name, from a YAML file (-: standard input).");
  addDryRun(addAdminOptions(put)).action((name: string, file: string, options: DryRunOptions) =>
    withAdmin(options, async (client) => {
      const { parse } = await import("yaml");
      const set: unknown = parse(readInput(file));
      if (typeof set !== "object" || set === null) throw new UsageError(`${file} is no set`);
      await printApplied(await client.putSet(name, set, { isDryRun: options.dryRun === true }), options);
    }),
  );
  const set = sets.command("set <set>").description("Changes settings of a set.").addArgument(settingsArgument());
  addDryRun(addAdminOptions(set))
    .option("--algorithm <name>", "how candidates are ordered")
    .action((name: string, given: readonly string[], { algorithm, ...options }: SettingsOptions) =>
      withAdmin(options, async (client) => {
        const settings = await settingsOf(given);
        const change = algorithm === undefined ? settings : { ...settings, algorithm };
        if (Object.keys(change).length === 0)
          throw new UsageError("nothing to change: KEY=VALUE, such as algorithm=call-load");
        await printApplied(await client.changeSet(name, change, { isDryRun: options.dryRun === true }), options);
      }),
    );
  const remove = sets.command("rm <set>").description("Removes a set that no route leads to.");
  addDryRun(addAdminOptions(remove)).action((name: string, options: DryRunOptions) =>
    withAdmin(
      options,
      async (client) =>
        await printApplied(await client.removeSet(name, { isDryRun: options.dryRun === true }), options),
    ),
  );
}

function setTable(sets: readonly SetResource[]): Table {
  const columns = [
    { title: "SET" },
    { title: "ALGORITHM" },
    { title: "USABLE", right: true },
    { title: "CALLS", right: true },
  ];
  const rows = sets.map(({ name, algorithm, destinations, usable, load }) => {
    const tone = usable === 0 ? "bad" : usable < destinations ? "warning" : "good";
    return [name, algorithm, { text: `${usable}/${destinations}`, tone } as const, String(load)];
  });
  return { columns, rows };
}
