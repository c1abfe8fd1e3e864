// fairlead sets: the dispatcher sets of the running instance.
import type { SetResource } from "../admin/resources.ts";
import { type AdminCommandOptions, addAdminOptions, print, type Table, withAdmin } from "./admin-command.ts";
import type { Command } from "./command.ts";
import { destinationTable } from "./destinations.ts";

export const setsCommand: Command = {
  name: "sets",
  summary: "Shows the dispatcher sets of the running instance.",
  register(program) {
    const sets = program.command("sets").description(setsCommand.summary);
    addAdminOptions(sets.command("ls", { isDefault: true }).description("All sets.")).action(
      (options: AdminCommandOptions) =>
        withAdmin(options, async (client) => {
          const resources = await client.sets();
          print(resources, options, () => setTable(resources));
        }),
    );
    addAdminOptions(sets.command("show <set>").description("One set and its destinations.")).action(
      (name: string, options: AdminCommandOptions) =>
        withAdmin(options, async (client) => {
          const resource = await client.set(name);
          print(resource, options, () => destinationTable(resource.destinations, Date.now()));
        }),
    );
  },
};

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
