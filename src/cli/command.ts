// What a command of the program is; `index.ts` lists them all.
import type { Command as Program } from "commander";

/** One command, or a family of them under one name. */
export interface Command {
  readonly name: string;
  /** One line for `--help` and the reference page. */
  readonly summary: string;
  /** Adds itself to the program. Actions set `process.exitCode` and never exit by themselves. */
  register(program: Program): void;
}
