// fairlead routes: which request goes where, in which order.
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

/** `fairlead routes`. */
export const routesCommand: Command = {
  name: "routes",
  summary: "Shows and changes the routes of the running instance.",
  register(program) {
    const routes = program.command("routes").description(routesCommand.summary);
    addAdminOptions(
      defaultCommand(routes, "ls").description("All routes in their order; the first match wins."),
    ).action((options: AdminCommandOptions) =>
      withAdmin(options, async (client) => {
        const all = await client.routes();
        await print(all, options, () => routeTable(all));
      }),
    );
    const put = routes
      .command("put <file>")
      .description(
        "Other routes, or another order: a list in YAML, as `routes ls --output yaml` prints it (-: standard input).",
      );
    addDryRun(addAdminOptions(put)).action((file: string, options: DryRunOptions) =>
      withAdmin(options, async (client) => {
        const { parse } = await import("yaml");
        const list: unknown = parse(readInput(file));
        if (!Array.isArray(list)) throw new UsageError(`${file} is no list of routes`);
        await printApplied(await client.putRoutes(list, { isDryRun: options.dryRun === true }), options);
      }),
    );
  },
};

function routeTable(routes: readonly Readonly<Record<string, unknown>>[]): Table {
  const rows = routes.map(({ name, ...rest }, at) => [String(at + 1), String(name), JSON.stringify(rest)]);
  return { columns: [{ title: "#", right: true }, { title: "ROUTE" }, { title: "WHAT" }], rows };
}
