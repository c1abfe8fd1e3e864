// fairlead calls: what is in progress.
import { Option } from "commander";
import type { AdminClient } from "../admin/client.ts";
import type { CallsResource } from "../admin/resources.ts";
import {
  type AdminCommandOptions,
  addAdminOptions,
  print,
  type Table,
  wholeNumber,
  withAdmin,
} from "./admin-command.ts";
import type { Command } from "./command.ts";
import { namedDestination, setOption } from "./named-destination.ts";
import { formatAge } from "./table.ts";

type CallPage = Awaited<ReturnType<AdminClient["callsOf"]>>;

interface CallsOptions extends AdminCommandOptions {
  readonly set?: string;
  readonly limit: number;
  readonly after?: string;
}

/** `fairlead calls`. */
export const callsCommand: Command = {
  name: "calls",
  summary:
    "Shows calls in progress: how many per destination, and transactions and dialogs in all; or those of one destination.",
  register(program) {
    const command = program
      .command("calls")
      .description(callsCommand.summary)
      .argument("[destination]", "a page of its calls, each of them")
      .addOption(setOption())
      .addOption(new Option("--limit <number>", "most calls of a page").argParser(wholeNumber).default(100))
      .option("--after <place>", "the page that follows this one");
    addAdminOptions(command).action((destination: string | undefined, options: CallsOptions) =>
      withAdmin(options, async (client) => {
        if (destination !== undefined) return await printPage(client, destination, options);
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

async function printPage(client: AdminClient, destination: string, options: CallsOptions): Promise<void> {
  const { set, key } = await namedDestination(client, destination, options.set);
  const page = await client.callsOf(set, key, options.after ?? "", options.limit);
  await print(page, options, () => pageTable(page));
  for (const worker of page.missing) process.stderr.write(`worker ${worker} did not answer: its calls are left out\n`);
  if (options.output === "table" && page.next !== null) process.stdout.write(`\nmore: --after ${page.next}\n`);
}

function pageTable({ calls }: CallPage): Table {
  const columns = [
    { title: "DESTINATION" },
    { title: "STATE" },
    { title: "AGE", right: true },
    { title: "CALLER" },
    { title: "LISTENER" },
    { title: "WORKER", right: true },
  ];
  const rows = calls.map(({ destination, state, age_s, caller, listener, worker }) => {
    return [destination, state, formatAge(age_s * 1000), caller, listener, String(worker)];
  });
  return { columns, rows };
}

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
