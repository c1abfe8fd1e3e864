// The program: hands the command line to its commands. What a command needs is loaded when it is called, so that `fairlead
// check` does not wait for the load balancer's parts.
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { demoCommand } from "./cli/demo.ts";
import { ExitCode } from "./cli/exit-code.ts";
import { COMMANDS } from "./cli/index.ts";
import { runCommand } from "./cli/run.ts";
import { compileForPackets } from "./compiler.ts";
import { PACKAGE } from "./package-facts.ts";

// Whoever has few calls wants none of the compiling that many calls are worth (docs/guide/operations.md). For every command: what Node
// keeps compiled fits those flags alone, and `check` would throw away what `run` has left, and `run` what `check` has.
if (process.env.FAIRLEAD_WARM_UP !== "short") compileForPackets();

const program = new Command("fairlead")
  .description(PACKAGE.description)
  .version(PACKAGE.version)
  .showHelpAfterError("(add --help for the options)")
  .exitOverride();

runCommand(async (files, options) => {
  return (await import("./start.ts")).run(files, options);
}).register(program);
demoCommand(fileURLToPath(import.meta.url)).register(program);
for (const command of COMMANDS) command.register(program);

try {
  await program.parseAsync();
} catch (error) {
  // commander has already said what is wrong; it only tells with which code to leave.
  const isCommander = error instanceof Error && "exitCode" in error && "code" in error;
  if (!isCommander) throw error;
  process.exitCode = error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
}
