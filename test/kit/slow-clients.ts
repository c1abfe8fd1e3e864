// Thousands of clients that are slow, in a process of their own: neither their descriptors nor their work are the test's.
import { type ChildProcess, fork } from "node:child_process";
import type { SlowClientsPlan } from "./slow-clients-process.ts";
import { until } from "./wait.ts";

/** They stand behind everything else that the machine does, in milliseconds. */
const PATIENCE = 120_000;

/** Slow clients that are there, until `end`. */
export class SlowClients {
  readonly #child: ChildProcess;
  /** How many are connected. */
  open = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on("message", (open) => {
      this.open = Number(open);
    });
  }

  /** Resolves when all but a fiftieth (those that were closed and come again) are connected. They stay on `core`, where it is given. */
  static async begin(plan: SlowClientsPlan, core?: number): Promise<SlowClients> {
    const where = core === undefined ? [] : ["taskset", "-c", String(core)];
    const clients = new SlowClients(
      fork(new URL("slow-clients-process.ts", import.meta.url), [JSON.stringify(plan)], {
        serialization: "json",
        // What they cost themselves is not what is measured: elsewhere they have machines of their own. By a low priority alone they
        // would keep the core, once they have it, for a whole slice of the scheduler; SCHED_IDLE gives it to whoever wants it.
        execPath: "chrt",
        execArgv: ["--idle", "0", ...where, process.execPath, ...process.execArgv],
      }),
    );
    const wanted = (plan.slow + plan.stalled) * 0.98;
    try {
      await until("the slow clients", () => clients.open >= wanted, PATIENCE);
    } catch (error) {
      await clients.end();
      throw new Error(`${String(error)}: ${clients.open} of ${plan.slow + plan.stalled}`);
    }
    return clients;
  }

  /** Resolves when they are gone. */
  async end(): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once("exit", resolve));
    if (this.#child.exitCode !== null || !this.#child.kill("SIGKILL")) return;
    await gone;
  }
}
