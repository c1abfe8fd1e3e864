// fairlead demo: the whole thing on loopback, to look at and to break.
import { setTimeout as pause } from "node:timers/promises";
import { InvalidArgumentError } from "commander";
import { parseDuration } from "../config/values/duration.ts";
import type { Command } from "./command.ts";
import { Demo } from "./demo/demo.ts";
import { DemoTerminal } from "./demo/terminal.ts";
import { formatLine, formatScreen, formatSummary } from "./demo/view.ts";
import { ExitCode } from "./exit-code.ts";
import { wantsColour } from "./table.ts";

interface DemoOptions {
  readonly for?: number;
  readonly rate: number;
  readonly color: boolean;
}

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
        .action((options: DemoOptions) => run(program, options));
    },
  };
}

async function run(program: string, options: DemoOptions): Promise<void> {
  const demo = await Demo.start(program, options.rate).catch((error: Error) => {
    process.stderr.write(`error: ${error.message}\n`);
    process.exitCode = ExitCode.failure;
  });
  if (demo === undefined) return;
  const end = (): void => {
    demo.isOver = true;
  };
  process.once("SIGINT", end).once("SIGTERM", end);
  try {
    await (process.stdout.isTTY ? watch(demo, options) : report(demo, options));
    const isFine = await demo.finish();
    process.stdout.write(formatSummary(demo.state(false)));
    process.exitCode = isFine ? ExitCode.ok : ExitCode.failure;
  } finally {
    process.off("SIGINT", end).off("SIGTERM", end);
    await demo.close();
  }
}

/** A live table; keys act on it. */
async function watch(demo: Demo, options: DemoOptions): Promise<void> {
  const colour = options.color && wantsColour(process.stdout, process.env);
  const terminal = new DemoTerminal((key) => void demo.press(key).catch(() => {}));
  try {
    await during(demo, options, 250, () => terminal.draw(formatScreen(demo.state(colour))));
  } finally {
    terminal.close();
  }
}

/** A line per second. */
async function report(demo: Demo, options: DemoOptions): Promise<void> {
  await during(demo, options, 1000, () => void process.stdout.write(`${formatLine(demo.state(false))}\n`));
}

async function during(demo: Demo, options: DemoOptions, every: number, show: () => void): Promise<void> {
  const begin = performance.now();
  const end = begin + (options.for ?? Number.POSITIVE_INFINITY);
  for (let next = begin + every; !demo.isOver && performance.now() < end; next += every) {
    // Short naps, so that a key or a signal ends the demo at once.
    while (!demo.isOver && performance.now() < Math.min(next, end)) await pause(50);
    await demo.refresh();
    show();
  }
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
