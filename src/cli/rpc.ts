// fairlead rpc: the commands of Kamailio and OpenSIPS, for fingers that know them; what answers is /RPC or /mi of the admin API.
import type { Command as Program } from "commander";
import { type AdminCommandOptions, addTextOptions, print, withAdmin } from "./admin-command.ts";
import type { Command } from "./command.ts";

/** Kamailio's have a dot behind the module; OpenSIPS's a colon, or none of the two. */
const KAMAILIO = /^\w+\.\w+$/;

/** `fairlead rpc`. */
export const rpcCommand: Command = {
  name: "rpc",
  summary: "Carries out a command of Kamailio's dispatcher, or of OpenSIPS's dispatcher or load_balancer.",
  register(program: Program) {
    const command = program
      .command("rpc")
      .description(rpcCommand.summary)
      .argument(
        "<method>",
        "`dispatcher.list` of Kamailio; `dispatcher:list`, `ds_list` or `lb_list` of OpenSIPS; `which` lists OpenSIPS's",
      )
      .argument("[parameters...]", "in the order that the command has them");
    // Answers have the shapes of those products, which are no tables.
    addTextOptions(command).action((method: string, parameters: readonly string[], options: AdminCommandOptions) =>
      withAdmin(options, async (client) => {
        const result = await client.command(KAMAILIO.test(method) ? "/RPC" : "/mi", method, parameters);
        await print(result, options, () => ({ columns: [], rows: [] }));
      }),
    );
  },
};
