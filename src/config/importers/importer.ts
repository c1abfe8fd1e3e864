// What an importer is: it reads somebody else's configuration file and says it in the shape of fairlead.yaml.
import type { Finding, Path, Places } from "../finding.ts";
import type { Problem } from "../problem.ts";

/** A listener of the process that reloads. */
export interface RunningListener {
  readonly uri: string;
  /** It opens no port. */
  readonly connectOnly: boolean;
}

/** What a foreign file does not say and the command line adds. */
export interface ImportOptions {
  /** Listeners, as in fairlead.yaml. */
  readonly listen: readonly string[];
  /** The set that gets the requests. */
  readonly set?: string;
  /** Our name of an algorithm, or Kamailio's number. */
  readonly algorithm?: string;
  /** Time between probes, `10s`. */
  readonly probe?: string;
  /** Where the admin API listens, `http://127.0.0.1:5080`. */
  readonly admin?: string;
  /** Listeners in force, at a reload: a list adds none to them, because that needs a restart. */
  readonly inForce?: readonly RunningListener[];
}

/** What an importer has to say about a part of the result, or (empty path) about the file. */
export interface Note {
  readonly path: Path;
  /** Line of the foreign file; 0: none. */
  readonly line: number;
  readonly text: string;
}

/** What an importer understood. */
export interface Imported {
  /** A configuration in the shape of fairlead.yaml; undefined when a problem is an error. */
  readonly data?: Readonly<Record<string, unknown>>;
  readonly problems: readonly Problem[];
  /** An error: what the file names and cannot be read. It can be translated without, not run; `problems` does not have it. */
  readonly missing?: Problem;
  readonly notes: readonly Note[];
  /** Places in the foreign file, for what is found out about `data` later. */
  readonly places: Places;
}

/** The text of another file, or why there is none. */
export type ReadOther = (path: string) => string | Problem;

/** A translator. Pure: it resolves no names, and reads other files by what it is given only. */
export interface Importer {
  /** What it reads, for messages and help: `Kamailio dispatcher.list`. */
  readonly name: string;
  /** By content; the file name decides only where the content does not. */
  recognise(text: string, fileName: string): boolean;
  /** `file` is the name in problems; `other` reads what the file names. */
  read(text: string, file: string, options: ImportOptions, other: ReadOther): Imported;
}

/** Findings of the importer that concern no place in the file. */
export const NO_PLACES: Places = { find: () => ({ line: 0, column: 0 }) };

/** A finding about an option rather than the file. */
export function optionProblem(file: string, finding: Pick<Finding, "severity" | "what" | "hint">): Problem {
  return { file, line: 0, column: 0, severity: finding.severity, what: finding.what, hint: finding.hint };
}
