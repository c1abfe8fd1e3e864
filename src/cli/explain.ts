// fairlead explain: what would become of one message, and why. Nothing is sent.
import { type Command as Commander, Option } from "commander";
import type { ExplainFlags } from "./actions/explain.ts";
import type { Command } from "./command.ts";
import { addForwardingOption, addRoutingOptions, repeatable } from "./configuration-options.ts";

/** The command. */
export const explainCommand: Command = {
  name: "explain",
  summary: "Says what would become of a SIP message, and why, without sending anything.",
  register(program: Commander): void {
    const command = program
      .command(explainCommand.name)
      .description(explainCommand.summary)
      .argument(
        "[message...]",
        "a file, - for standard input (the default), or a short form: METHOD REQUEST-URI, such as INVITE sip:bob@example.com",
      )
      .option("--config <file>", "fairlead.yaml or a file of another product", "fairlead.yaml")
      .option("--call-id <id>", "short form: Call-ID")
      .option("--from <uri>", "short form: From URI")
      .option("--to <uri>", "short form: To URI; default: the request URI")
      .option("--header <line>", "short form: one more header line; may be repeated", repeatable)
      .option("--source <address>", "who sends it, HOST:PORT; default: as the top Via says")
      .option("--listener <name>", "where it arrives, by name or URI; default: the first of the address family");
    addForwardingOption(addRoutingOptions(command))
      .addOption(
        new Option("--admin <url>", "take the destinations' states from the running instance").env("FAIRLEAD_ADMIN"),
      )
      .addOption(
        new Option("--token <secret>", "token for the admin API; better given by the environment").env(
          "FAIRLEAD_TOKEN",
        ),
      )
      .addOption(
        new Option("-o, --output <format>", "how to print").choices(["table", "json", "yaml"]).default("table"),
      )
      .action(async (words: string[], flags: ExplainFlags) =>
        (await import("./actions/explain.ts")).explainMessage(words, flags),
      );
  },
};
