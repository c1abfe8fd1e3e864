// What `fairlead demo` does.
import { setTimeout as pause } from "node:timers/promises";
import { Demo } from "../demo/demo.ts";
import { DemoTerminal } from "../demo/terminal.ts";
import { formatLine, formatScreen, formatSummary } from "../demo/view.ts";
import { ExitCode } from "../exit-code.ts";
import { wantsColour } from "../table.ts";

/** Its options as commander hands them over; `for` in milliseconds. */
export interface DemoOptions {
  readonly for?: number;
  readonly rate: number;
  readonly color: boolean;
}

/** Shows the demo until its time is over or somebody ends it; `program` is the path of main.ts. */
export async function showDemo(program: string, options: DemoOptions): Promise<void> {
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
