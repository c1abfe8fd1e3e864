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
  return `${place}: ${problem.severity}: ${problem.what}${hint}`;
}

/** Whether any of them is an error. */
export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === "error");
}
