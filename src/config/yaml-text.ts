// From the text of a YAML file to plain data, with every syntax problem at its place. A hostile file costs an error, not
// memory: its size, nesting and alias expansion are limited.
import { type Document, isMap, isPair, isScalar, LineCounter, parseDocument, visit } from "yaml";
import type { Problem } from "./problem.ts";
import { YamlPlaces } from "./yaml-places.ts";

/** Largest file that is looked at, in characters. */
export const MAX_FILE = 8 * 1_048_576;
const MAX_ALIASES = 10_000;
const MAX_DEPTH = 64;
const MOST_WRONG = 100;

/** What the text holds; `data` is undefined when a problem is an error. */
export interface YamlText {
  readonly data: unknown;
  readonly places: YamlPlaces | null;
  readonly problems: readonly Problem[];
}

/** Parses one YAML 1.2 document. */
export function readYaml(text: string, file: string): YamlText {
  const at = (line: number, column: number, what: string): Problem => ({
    file,
    line,
    column,
    severity: "error",
    what,
    hint: "",
  });
  if (text.length > MAX_FILE)
    return {
      data: undefined,
      places: null,
      problems: [at(1, 1, `the file is too large: ${text.length} characters, at most ${MAX_FILE}`)],
    };
  const deep = tooDeep(text);
  if (deep > 0)
    return { data: undefined, places: null, problems: [at(deep, 1, `nested more than ${MAX_DEPTH} levels deep`)] };
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      stringKeys: true,
      // The library compares each key with all before it: a minute for 60,000. Ours are found below.
      uniqueKeys: false,
      logLevel: "silent",
    });
    const places = new YamlPlaces(document, lines);
    const problems = [...document.errors, ...document.warnings].map((error): Problem => {
      const { line, column } = places.line(error.pos[0]);
      return at(line, column, `not YAML: ${error.message}`);
    });
    for (const { offset, what } of wrongKeys(document)) {
      const { line, column } = places.line(offset);
      problems.push(at(line, column, what));
    }
    if (problems.length > 0) return { data: undefined, places, problems };
    const data: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    return { data, places, problems };
  } catch (error) {
    // Too deep for the stack, or too many aliases; the library throws for both.
    const why = error instanceof Error ? error.message : "unreadable";
    return { data: undefined, places: null, problems: [at(1, 1, `the file cannot be read as YAML: ${why}`)] };
  }
}

/** Keys that are there twice, and the one to which assigning would do something else than it says; the first hundred. */
function wrongKeys(document: Document.Parsed): { readonly offset: number; readonly what: string }[] {
  const found: { offset: number; what: string }[] = [];
  visit(document, {
    Map(_key, node) {
      if (!isMap(node)) return;
      const seen = new Set<unknown>();
      for (const item of node.items) {
        if (!isPair(item) || !isScalar(item.key) || found.length >= MOST_WRONG) continue;
        const { value, range } = item.key;
        const offset = range?.[0] ?? 0;
        if (value === "__proto__") found.push({ offset, what: 'the key "__proto__" is not allowed' });
        else if (seen.has(value)) found.push({ offset, what: `the key ${JSON.stringify(value)} is there twice` });
        seen.add(value);
      }
    },
  });
  return found;
}

/** Line of the bracket that opens one level too many; 0: none. Counts in quoted text too: no sensible file comes near. */
function tooDeep(text: string): number {
  let depth = 0;
  let line = 1;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 10) line++;
    else if (c === 0x5b || c === 0x7b) depth++;
    else if ((c === 0x5d || c === 0x7d) && depth > 0) depth--;
    if (depth > MAX_DEPTH) return line;
  }
  return 0;
}
