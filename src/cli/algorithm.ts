// `fairlead algorithm check FILE`: the contract that all algorithms keep, run on a user's own one.
import type { Command as Commander } from "commander";
import type { Command } from "./command.ts";

/** The command. */
export const algorithmCommand: Command = {
  name: "algorithm",
  summary: "Your own algorithms: whether a module keeps what all algorithms promise.",
  register(program: Commander): void {
    const family = program.command(algorithmCommand.name).description(algorithmCommand.summary);
    family
      .command("check")
      .description(
        "Loads the module, runs the contract of all algorithms on it, and measures one choice; exit 1 when a promise is broken, 3 when it cannot be loaded.",
      )
      .argument("<file>", "a .ts, .mjs or .js file that exports `algorithm`")
      .action(async (file: string) => (await import("./actions/algorithm.ts")).checkAlgorithm(file));
  },
};
