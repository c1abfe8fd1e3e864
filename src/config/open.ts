// Any configuration file to a Config: fairlead.yaml, or what an importer recognises by its content.
import { problemOf } from "./finding.ts";
import { type Imported, type ImportOptions, NO_PLACES, optionProblem } from "./importers/importer.ts";
import { IMPORTERS } from "./importers/index.ts";
import { toYaml } from "./importers/to-yaml.ts";
import type { ConfigIo } from "./io.ts";
import { buildConfig, type Loaded, loadYaml, type Overrides, override } from "./load.ts";
import { hasErrors, type Problem } from "./problem.ts";
import type { Config } from "./schema.ts";
import type { Tables } from "./tables/table.ts";
import { whyUnreadable } from "./why-unreadable.ts";
import { MAX_FILE } from "./yaml-text.ts";

/** What the command line adds to the files. */
export interface ReadOptions extends ImportOptions {
  /** Top-level keys of fairlead.yaml that replace what the file says, such as `{workers: 2}`. */
  readonly overrides?: Overrides;
}

/** What a file is, and the text of fairlead.yaml that means the same. */
export interface Translated {
  /** Undefined when a problem is an error. */
  readonly yaml?: string;
  readonly problems: readonly Problem[];
}

/**
 * Reads a configuration. Never throws: a file that cannot be read is a problem. This version takes one file. `tables`: those of
 * its sources; without them it is not whole if it has any (load.ts `buildConfig`).
 */
export function readConfiguration(
  files: readonly string[],
  options: ReadOptions,
  io: ConfigIo,
  tables?: Tables | undefined,
): Loaded {
  const [file, another] = files;
  if (file === undefined)
    return {
      problems: [
        optionProblem("fairlead", {
          severity: "error",
          what: "no configuration file",
          hint: "fairlead.yaml or dispatcher.list",
        }),
      ],
    };
  if (another !== undefined)
    return {
      problems: [
        optionProblem(another, {
          severity: "error",
          what: "a second configuration file",
          hint: "one file in this version",
        }),
      ],
    };
  const text = readText(file, io);
  if (typeof text !== "string") return { problems: [text] };
  const importer = IMPORTERS.find((one) => one.recognise(text, file));
  if (importer === undefined) return readOwn(text, file, options, io, tables);
  const imported = importer.read(text, file, options, (path) => readText(path, io));
  // A set without the destinations that its file names would take every call from those that it has.
  if (imported.missing !== undefined) return { problems: [...imported.problems, imported.missing] };
  return buildImported(imported, file, io, options.overrides ?? {}, tables);
}

/** Translates a foreign file into the text of fairlead.yaml. Never throws. */
export function translate(file: string, options: ImportOptions, io: ConfigIo): Translated {
  const text = readText(file, io);
  if (typeof text !== "string") return { problems: [text] };
  const importer = IMPORTERS.find((one) => one.recognise(text, file));
  if (importer === undefined)
    return {
      problems: [
        foreign(text, file) ??
          optionProblem(file, { severity: "error", what: "not a file that can be imported", hint: known() }),
      ],
    };
  const imported = importer.read(text, file, options, (path) => readText(path, io));
  const { config, problems } = buildImported(imported, file, io, {});
  if (config === undefined || imported.data === undefined) return { problems };
  const { missing } = imported;
  return {
    yaml: toYaml(imported.data, imported.notes, `From ${importer.name}, written by fairlead import.`),
    problems: missing === undefined ? problems : [{ ...missing, severity: "warning" }, ...problems],
  };
}

/** Whether a text is one of ours, and not of another product. */
export function isOwnText(text: string, file: string): boolean {
  return !IMPORTERS.some((one) => one.recognise(text, file)) && foreign(text, file) === undefined;
}

/**
 * Reads a text of ours as if it stood in `file`, whatever stands there. Never throws. What tables and modules have is as `inForce`: these
 * are read again at a reload only.
 */
export function readOwnText(
  text: string,
  file: string,
  options: ReadOptions,
  io: ConfigIo,
  inForce: Pick<Config, "tables" | "algorithms">,
): Loaded {
  return loadYaml(text, file, io, ownOverrides(options), inForce.tables, inForce.algorithms);
}

function ownOverrides({ listen, admin, overrides }: ReadOptions): Overrides {
  return {
    ...overrides,
    ...(listen.length > 0 ? { listeners: listen } : {}),
    ...(admin === undefined ? {} : { admin: { listen: admin } }),
  };
}

function readOwn(text: string, file: string, options: ReadOptions, io: ConfigIo, tables: Tables | undefined): Loaded {
  const other = foreign(text, file);
  if (other !== undefined) return { problems: [other] };
  const { set, algorithm, probe } = options;
  const unfit = Object.entries({ set, algorithm, probe }).filter(([, value]) => value !== undefined);
  const problems = unfit.map(([name]) =>
    optionProblem(file, {
      severity: "error",
      what: `--${name} is for files that do not say it themselves`,
      hint: "say it in the file",
    }),
  );
  return problems.length > 0 ? { problems } : loadYaml(text, file, io, ownOverrides(options), tables);
}

function buildImported(
  imported: Imported,
  file: string,
  io: ConfigIo,
  overrides: Overrides,
  tables?: Tables | undefined,
): Loaded {
  if (imported.data === undefined || hasErrors(imported.problems)) return { problems: imported.problems };
  const built = buildConfig(override(imported.data, overrides), file, io, true, tables);
  const found = built.findings.map((finding) => problemOf(finding, file, imported.places ?? NO_PLACES));
  // What another file, that this one names, has to say stands behind.
  const isOther = (problem: Problem) => Number(problem.file !== file);
  const problems = [...imported.problems, ...found].sort(
    (a, b) => isOther(a) - isOther(b) || a.line - b.line || a.column - b.column,
  );
  return built.config === undefined ? { problems } : { config: built.config, problems };
}

function readText(file: string, io: ConfigIo): string | Problem {
  let text: string;
  try {
    text = io.readFile(file);
  } catch (error) {
    const code = whyUnreadable(error);
    return optionProblem(file, { severity: "error", what: `the file cannot be read: ${code}`, hint: "" });
  }
  if (text.length <= MAX_FILE) return text;
  return optionProblem(file, {
    severity: "error",
    what: `the file is too large: ${text.length} characters`,
    hint: `at most ${MAX_FILE}`,
  });
}

function known(): string {
  return `fairlead.yaml, or ${IMPORTERS.map((one) => one.name).join(", ")}`;
}

/** XML and Java properties: files of other products that this version does not read. */
function foreign(text: string, file: string): Problem | undefined {
  const at = { file, line: 1, column: 1, severity: "error" as const, hint: known() };
  if (text.trimStart().startsWith("<")) return { ...at, what: "an XML file, which this version does not read" };
  if (file.endsWith(".properties")) return { ...at, what: "a properties file, which this version does not read" };
  return undefined;
}
