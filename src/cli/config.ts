// fairlead config: the configuration of the running instance, as a whole.
import {
  type AdminCommandOptions,
  addAdminOptions,
  addDryRun,
  type DryRunOptions,
  defaultCommand,
  printApplied,
  readInput,
  withAdmin,
} from "./admin-command.ts";
import type { Command } from "./command.ts";

/** What `get` writes above the configuration, and `put` reads again. */
const TAG = /^# etag: ("[\w-]+")$/m;

/** `fairlead config`. */
export const configCommand: Command = {
  name: "config",
  summary: "Shows the configuration of the running instance, or puts another one in its place.",
  register(program) {
    const family = program.command("config").description(configCommand.summary);
    addAdminOptions(
      defaultCommand(family, "get").description(
        "As fairlead.yaml, defaults and changes at run time included, secrets taken out.",
      ),
    ).action((options: AdminCommandOptions) =>
      withAdmin(options, async (client) => {
        const { etag, ...resource } = await client.configuration();
        if (options.output === "json") process.stdout.write(`${JSON.stringify(resource, null, 2)}\n`);
        else {
          const { stringify } = await import("yaml");
          process.stdout.write(`# generation: ${resource.generation}\n# etag: ${etag}\n${stringify(resource.config)}`);
        }
      }),
    );
    const put = family
      .command("put <file>")
      .description(
        "Another configuration from a file (-: standard input). One that `get` has written is refused when something has changed since.",
      );
    addDryRun(addAdminOptions(put)).action((file: string, options: DryRunOptions) =>
      withAdmin(options, async (client) => {
        const text = readInput(file);
        const ifMatch = TAG.exec(text)?.[1];
        const isDryRun = options.dryRun === true;
        await printApplied(
          await client.putConfiguration(text, { isDryRun, ...(ifMatch === undefined ? {} : { ifMatch }) }),
          options,
        );
      }),
    );
  },
};
