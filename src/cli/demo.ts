// fairlead demo: the whole thing on loopback, to look at and to break.
import { InvalidArgumentError } from "commander";
import { parseDuration } from "../config/values/written-duration.ts";
import type { DemoOptions } from "./actions/demo.ts";
import type { Command } from "./command.ts";

/** The command; `program` is the path of the file that runs Fairlead (main.ts), started once more as the balancer. */
export function demoCommand(program: string): Command {
  const summary = "three SIP servers, a caller, and Fairlead between them, on loopback";
  return {
    name: "demo",
    summary,
    register(parent) {
      parent
        .command("demo")
        .description(`${summary}; kill a server and watch the calls move`)
        .option("--for <duration>", "end after this time with a summary; exit 0 if every call was answered", duration)
        .option("--rate <calls>", "calls per second", rate, 20)
        .option("--no-color", "no colours")
        .action(async (options: DemoOptions) => (await import("./actions/demo.ts")).showDemo(program, options));
    },
  };
}

function duration(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds <= 0) throw new InvalidArgumentError("expected a duration such as 10s.");
  return milliseconds;
}

function rate(text: string): number {
  const calls = Number(text);
  if (!(calls > 0 && calls <= 1000)) throw new InvalidArgumentError("expected calls per second, up to 1000.");
  return calls;
}
