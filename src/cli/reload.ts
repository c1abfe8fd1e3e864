// fairlead reload: the running instance reads its files again. All or nothing.
import { type AdminCommandOptions, addAdminOptions, print, printProblems, withAdmin } from "./admin-command.ts";
import type { Command } from "./command.ts";

/** `fairlead reload`. */
export const reloadCommand: Command = {
  name: "reload",
  summary: "Reads the configuration again; a wrong one changes nothing.",
  register(program) {
    addAdminOptions(program.command("reload").description(reloadCommand.summary)).action(
      (options: AdminCommandOptions) =>
        withAdmin(options, async (client) => {
          const applied = await client.reload();
          printProblems(applied.problems);
          const rows = [[String(applied.generation)]];
          await print(applied, options, () => ({ columns: [{ title: "GENERATION" }], rows }));
        }),
    );
  },
};
