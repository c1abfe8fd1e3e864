// What is wrong with a configuration: collected with its place and a hint, never thrown.

/** Severity: an error keeps the configuration from being used. */
export type Severity = "error" | "warning";

/** One problem. Lines and columns count from 1; 0 where there is no place (an option, a missing file). */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly severity: Severity;
  readonly what: string;
  /** What to do instead; empty: nothing to say. */
  readonly hint: string;
}

/** `file:line:column: error: what (hint)`; without a line where there is none. */
export function formatProblem(problem: Problem): string {
  const place = problem.line === 0 ? problem.file : `${problem.file}:${problem.line}:${problem.column}`;
  const hint = problem.hint === "" ? "" : ` (${problem.hint})`;
  // What is quoted may come from a table: it makes no line of its own, and commands no terminal.
  return `${place}: ${problem.severity}: ${problem.what}${hint}`.replaceAll(/\p{Cc}/gu, escaped);
}

function escaped(control: string): string {
  return `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Whether any of them is an error. */
export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === "error");
}
