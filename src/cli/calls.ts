// fairlead calls: what is in progress.
import type { CallsResource } from "../admin/resources.ts";
import { type AdminCommandOptions, addAdminOptions, print, type Table, withAdmin } from "./admin-command.ts";
import type { Command } from "./command.ts";

/** `fairlead calls`. */
export const callsCommand: Command = {
  name: "calls",
  summary: "Shows calls in progress: per destination, and transactions and dialogs in all.",
  register(program) {
    addAdminOptions(program.command("calls").description(callsCommand.summary)).action((options: AdminCommandOptions) =>
      withAdmin(options, async (client) => {
        const calls = await client.calls();
        await print(calls, options, () => callsTable(calls));
        const { transactions, dialogs, workers } = calls;
        if (options.output === "table") {
          process.stdout.write(`\n${transactions} transactions, ${dialogs} dialogs on ${workers.length} workers\n`);
        }
      }),
    );
  },
};

function callsTable({ destinations }: CallsResource): Table {
  const columns = [
    { title: "SET" },
    { title: "DESTINATION" },
    { title: "STATE" },
    { title: "CALLS", right: true },
    { title: "MAX", right: true },
  ];
  const rows = destinations.map(({ set, name, state, load, max_calls }) => {
    return [set, name, state, String(load), max_calls > 0 ? String(max_calls) : "-"];
  });
  return { columns, rows };
}
