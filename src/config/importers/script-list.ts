// The dispatcher.list that a kamailio.cfg names: its sets, with what the parameters of the module say of every set.
import { basename, dirname, isAbsolute, join } from "node:path";
import type { Places } from "../finding.ts";
import type { Problem } from "../problem.ts";
import { dispatcherList } from "./dispatcher-list.ts";
import { type Imported, type ImportOptions, NO_PLACES, type Note, type ReadOther } from "./importer.ts";
import type { SetDefaults } from "./script-source.ts";
import type { ModuleParameter } from "./script-text.ts";

/** What they are called where no parameter says. */
const USUAL = "dispatcher.list";

/** A list that was found, under which name. */
export interface FoundList {
  readonly file: string;
  readonly text: string;
}

/** What the sets of a list came to; `data` as `Imported` has it. */
export type ListSets = Pick<Imported, "data" | "problems" | "notes" | "places">;

/**
 * The list of this parameter (null: as if there were one with the usual name): where it says, else the file of that name beside
 * the script, as where both were copied from their server. Null: neither is there. A problem: it is there and cannot be read.
 */
export function findList(
  parameter: ModuleParameter | null,
  script: string,
  other: ReadOther,
): FoundList | Problem | null {
  const name = parameter?.value ?? USUAL;
  const beside = join(dirname(script), basename(name));
  const named = isAbsolute(name) ? name : join(dirname(script), name);
  for (const file of new Set([named, beside])) {
    const text = other(file);
    if (typeof text === "string") return { file, text };
    if (!text.what.endsWith("ENOENT")) return text;
  }
  return null;
}

/** The list as an importer of its own reads it, each of its sets with these defaults; lines are the list's. */
export function readListSets({ file, text }: FoundList, options: ImportOptions, defaults: SetDefaults): ListSets {
  const { data, problems, notes, places } = dispatcherList.read(text, file, options, nothingElse);
  const inList: Places = {
    find(path, atKey) {
      // What the parameters say is in the script.
      if (path[0] === "sets" && Object.hasOwn(defaults, path[2] ?? "")) return NO_PLACES.find(path, atKey);
      const place = places.find(path, atKey);
      return place.line === 0 ? place : { file, ...place };
    },
  };
  if (data === undefined) return { problems, notes: [], places: NO_PLACES };
  const sets = Object.entries(data.sets as Record<string, Record<string, unknown>>).map(([name, set]) => {
    const { destinations, ...rest } = set;
    return [name, { ...rest, ...structuredClone(defaults), destinations }];
  });
  return {
    data: { ...data, sets: Object.fromEntries(sets) },
    problems,
    notes: notes.map((note): Note => (note.line === 0 ? note : { ...note, text: `(${basename(file)}) ${note.text}` })),
    places: inList,
  };
}

function nothingElse(file: string): Problem {
  return { file, line: 0, column: 0, severity: "error", what: "a list names no other file", hint: "" };
}
