// A problem before its place is known: it says where by path, as `["sets", "media", "destinations", 0]`.
import type { Problem, Severity } from "./problem.ts";

/** Where in the configuration, from the top. */
export type Path = readonly PropertyKey[];

/** What is wrong at a path. */
export interface Finding {
  readonly path: Path;
  readonly severity: Severity;
  readonly what: string;
  readonly hint: string;
  /** The place is the key at the end of the path, not its value. */
  readonly atKey?: boolean;
}

/** Line and column of a path; both count from 1, 0: none. */
export interface Places {
  /** `file`: where it is not the one that was given, but one that this names. */
  find(path: Path, atKey: boolean): { readonly file?: string; readonly line: number; readonly column: number };
}

/** The problem of a finding. */
export function problemOf(finding: Finding, file: string, places: Places): Problem {
  const { severity, what, hint } = finding;
  return { file, ...places.find(finding.path, finding.atKey === true), severity, what, hint };
}

/** An error at a path. */
export function errorAt(path: Path, what: string, hint = ""): Finding {
  return { path, severity: "error", what, hint };
}

/** A warning at a path. */
export function warningAt(path: Path, what: string, hint = ""): Finding {
  return { path, severity: "warning", what, hint };
}
