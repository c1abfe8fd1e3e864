// fairlead completion: what a shell has to know to complete our commands, from the commands themselves.
import { Argument, type Command as Program } from "commander";
import type { Command } from "./command.ts";
import { bashScript } from "./completion/bash.ts";
import { fishScript } from "./completion/fish.ts";
import { placesOf } from "./completion/place.ts";
import { zshScript } from "./completion/zsh.ts";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;
type Shell = keyof typeof SCRIPTS;

/** `fairlead completion`. */
export const completionCommand: Command = {
  name: "completion",
  summary: "Prints what makes a shell complete commands and options.",
  register(program: Program): void {
    program
      .command("completion")
      .description(completionCommand.summary)
      .addArgument(new Argument("<shell>", "which shell").choices(Object.keys(SCRIPTS)))
      .addHelpText(
        "after",
        `
bash:  fairlead completion bash > /etc/bash_completion.d/fairlead
zsh:   fairlead completion zsh > "\${fpath[1]}/_fairlead"
fish:  fairlead completion fish > ~/.config/fish/completions/fairlead.fish`,
      )
      .action((shell: Shell) => {
        process.stdout.write(SCRIPTS[shell](placesOf(program)));
      });
  },
};
