// fairlead audit: who changed what, lately.
import { Option } from "commander";
import { type AdminCommandOptions, addAdminOptions, print, wholeNumber, withAdmin } from "./admin-command.ts";
import type { Command } from "./command.ts";

interface AuditOptions extends AdminCommandOptions {
  readonly last: number;
}

/** `fairlead audit`. */
export const auditCommand: Command = {
  name: "audit",
  summary: "Shows the latest requests that were meant to change something, refused ones included.",
  register(program) {
    addAdminOptions(program.command("audit").description(auditCommand.summary))
      .addOption(new Option("--last <number>", "how many").argParser(wholeNumber).default(20))
      .action((options: AuditOptions) =>
        withAdmin(options, async (client) => {
          const records = await client.auditLog(options.last);
          await print(records, options, () => ({
            columns: [
              { title: "AT" },
              { title: "BY" },
              { title: "FROM" },
              { title: "STATUS", right: true },
              { title: "REQUEST" },
              { title: "WHAT" },
            ],
            rows: records.map(({ at, by, from, status, method, url, what }) => [
              at,
              by === "" ? "-" : by,
              from,
              { text: String(status), tone: status < 400 ? "good" : "bad" } as const,
              `${method} ${url}`,
              what ?? "",
            ]),
          }));
        }),
      );
  },
};
