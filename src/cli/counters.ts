// fairlead counters: what is counted, and whether it is true.
import type { AuditResource, CountersResource } from "../admin/resources.ts";
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

interface AuditOptions extends AdminCommandOptions {
  readonly repair?: boolean;
}

/** `fairlead counters`. */
export const countersCommand: Command = {
  name: "counters",
  summary: "Shows what the running instance has counted, and whether it is true.",
  register(program) {
    const counters = program.command("counters").description(countersCommand.summary);
    addAdminOptions(defaultCommand(counters, "ls").description("Everything that was counted since the start.")).action(
      (options: AdminCommandOptions) =>
        withAdmin(options, async (client) => {
          const resource = await client.counters();
          await print(resource, options, () => countersTable(resource));
        }),
    );
    const audit = counters
      .command("audit")
      .description(
        "Compares every load with the transactions and dialogs that there are; ends with 1 when they differ.",
      )
      .option("--repair", "make the loads say what there is");
    addAdminOptions(audit).action((options: AuditOptions) =>
      withAdmin(options, async (client) => {
        const found = await client.audit(options.repair === true);
        await print(found, options, () => auditTable(found));
        if (options.output === "table") process.stdout.write(`\n${verdict(found)}\n`);
        if (!found.ok) process.exitCode = ExitCode.failure;
      }),
    );
  },
};

/** What has never happened is left out. */
function countersTable({ workers, requests, dns, streams }: CountersResource): Table {
  const groups: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
    ["workers", workers],
    ...Object.entries(requests),
    ["dns", dns],
    ["streams", streams ?? {}],
  ];
  const rows = groups.flatMap(([group, counts]) =>
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => [group, name, String(count)]),
  );
  return { columns: [{ title: "OF" }, { title: "COUNTER" }, { title: "COUNT", right: true }], rows };
}

function auditTable({ destinations, resources }: AuditResource): Table {
  const right = true;
  const columns = [
    { title: "SET" },
    { title: "DESTINATION" },
    { title: "RINGING", right },
    { title: "TALKING", right },
    { title: "COUNTED TOO MUCH", right },
  ];
  const rows = destinations.map(({ set, destination, ringing, talking, drift }) => {
    const wrong = { text: String(drift), tone: drift === 0 ? "good" : "bad" } as const;
    return [set ?? "-", destination ?? "(no destination)", String(ringing), String(talking), wrong];
  });
  const wrongResources = resources.map(({ set, destination, resource, drift }) => {
    const wrong = { text: String(drift), tone: "bad" } as const;
    return [set ?? "-", `${destination}, ${resource}`, "", "", wrong];
  });
  return { columns, rows: [...rows, ...wrongResources] };
}

function verdict({ destinations, resources, missing, repaired, workers }: AuditResource): string {
  const wrong = destinations.filter(({ drift }) => drift !== 0).length + resources.length;
  const said = missing.length === 0 ? "" : `; no answer from worker ${missing.join(", ")}`;
  const found = wrong === 0 ? "every load is right" : `${wrong} wrong${repaired ? ", repaired" : ""}`;
  return `${workers.length} workers: ${found}${said}`;
}
