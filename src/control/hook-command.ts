// One event given to a program, without a shell: arguments are what the configuration says, the event comes on standard input and in
// variables. The program gets nothing of our environment but where to find others.
import { spawn } from "node:child_process";
import type { HookAction } from "../config/hook-addresses.ts";
import type { RecordedEvent } from "./events.ts";
import type { Attempt } from "./hook-attempt.ts";

/** Characters of what it says that are kept for the log. */
const MOST_SAID = 300;

/** Runs it; `body` is the event as JSON. Never rejects. */
export function runCommand(
  { run, timeout }: HookAction & { kind: "command" },
  recorded: RecordedEvent,
  body: string,
): Promise<Attempt> {
  const [program = "", ...args] = run;
  return new Promise((resolve) => {
    // A group of its own: when it takes too long, what it has started ends with it.
    const child = spawn(program, args, {
      env: variablesOf(recorded),
      stdio: ["pipe", "ignore", "pipe"],
      detached: true,
      shell: false,
    });
    let said = "";
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      endGroup(child.pid);
    }, timeout);
    const finish = (why: string) => {
      clearTimeout(timer);
      resolve({ why, mayRepeat: false });
    };
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(0, MOST_SAID);
    });
    child.on("error", (error) => finish("code" in error ? String(error.code) : error.message));
    child.on("exit", (code, signal) => {
      if (code === 0) finish("");
      else if (isLate) finish(`not finished within ${timeout} ms`);
      else finish([`ended with ${code ?? signal}`, said.trim()].filter((text) => text !== "").join(": "));
    });
    // Who does not read its input has ended or is not interested.
    child.stdin.on("error", () => undefined);
    child.stdin.end(body);
  });
}

/** `FAIRLEAD_TYPE`, and every field of the event that is a text or a number. */
function variablesOf({ at, event }: RecordedEvent): NodeJS.ProcessEnv {
  const fields = Object.entries({ at, ...event }).filter(([, value]) => ["string", "number"].includes(typeof value));
  const named = fields.map(([name, value]) => [`FAIRLEAD_${name.toUpperCase()}`, String(value)]);
  return { PATH: process.env.PATH ?? "/usr/bin:/bin", ...Object.fromEntries(named) };
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
