// The real program as a child process: started, watched, stopped.
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { until } from "./wait.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
/** As bin/fairlead does. */
const PRELOAD = `--import=${new URL("../../src/near-imports.ts", import.meta.url).href}`;

/** A line of the log: the object where it is JSON, else only its text. */
export interface LogLine {
  readonly text: string;
  readonly record: Readonly<Record<string, unknown>>;
}

/** A running `fairlead` and what it printed. */
export class LbProcess {
  readonly log: LogLine[] = [];
  /** Exit code, or the signal's name; undefined while it runs. */
  exit: number | string | undefined;
  #child: ChildProcess;
  #isStopping = false;

  /** Starts `fairlead ARGUMENTS`, in `folder` or where the test runs. */
  constructor(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    folder?: string,
    nodeOptions: readonly string[] = [],
  ) {
    this.#child = spawn(process.execPath, [PRELOAD, ...nodeOptions, MAIN, ...args], {
      ...(folder === undefined ? {} : { cwd: folder }),
      env: { ...process.env, NO_COLOR: "1", ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      let rest = "";
      stream?.setEncoding("utf8").on("data", (text: string) => {
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) this.log.push(readLine(line));
      });
    }
    this.#child.on("exit", (code, signal) => {
      this.exit = signal ?? code ?? 0;
    });
  }

  /** Its process id; 0 when it could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when the log says that it is ready; rejects when it ends before. */
  async ready(deadline = 90_000): Promise<void> {
    await until(
      "the program to be ready",
      () => {
        if (this.exit !== undefined) throw new Error(`ended with ${this.exit} before it was ready\n${this.tail()}`);
        return this.log.some((line) => line.record.msg === "ready" || /\blistening on\b|\bready\b/.test(line.text));
      },
      deadline,
    );
  }

  signal(name: NodeJS.Signals): void {
    this.#isStopping ||= name === "SIGTERM" || name === "SIGINT" || name === "SIGKILL";
    this.#child.kill(name);
  }

  /** SIGTERM, and SIGKILL when it takes longer than `patience` milliseconds; resolves with the exit code or signal. */
  async stop(patience = 15_000): Promise<number | string> {
    if (this.exit === undefined) {
      this.signal("SIGTERM");
      await until("exit", () => this.exit !== undefined, patience).catch(() => this.signal("SIGKILL"));
      await until("exit after SIGKILL", () => this.exit !== undefined, 5000);
    }
    return this.exit ?? 0;
  }

  /** Why the program is not well: it ended by itself, or it logged an error; empty when all is well. */
  complaint(allowsErrors = false): string {
    if (this.exit !== undefined && !this.#isStopping) return `ended by itself with ${this.exit}\n${this.tail()}`;
    const error = this.log.find((line) => Number(line.record.level) >= 50 || /uncaught|unhandled/i.test(line.text));
    return error === undefined || allowsErrors ? "" : `logged an error: ${error.text}\n${this.tail()}`;
  }

  /** The last lines of the log. */
  tail(lines = 20): string {
    return this.log
      .slice(-lines)
      .map((line) => line.text)
      .join("\n");
  }
}

function readLine(text: string): LogLine {
  try {
    const record: unknown = JSON.parse(text);
    return { text, record: typeof record === "object" && record !== null ? { ...record } : {} };
  } catch {
    return { text, record: {} };
  }
}
