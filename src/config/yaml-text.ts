// From the text of a YAML file to plain data, with every syntax problem at its place. A hostile file costs an error, not
// memory: its size, nesting and alias expansion are limited.
import { type Document, isMap, isPair, isScalar, LineCounter, parseDocument, visit, type YAMLError } from "yaml";
import type { Problem } from "./problem.ts";
import { YamlPlaces } from "./yaml-places.ts";

/** Largest file that is looked at, in characters. */
export const MAX_FILE = 8 * 1_048_576;
const MAX_ALIASES = 10_000;
const MAX_DEPTH = 64;

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
      logLevel: "silent",
    });
    const places = new YamlPlaces(document, lines);
    const problems = [...document.errors, ...document.warnings].map((error): Problem => {
      const { line, column } = places.line(error.pos[0]);
      return at(line, column, sentence(error, text));
    });
    for (const offset of dangerousKeys(document)) {
      const { line, column } = places.line(offset);
      problems.push(at(line, column, 'the key "__proto__" is not allowed'));
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

function sentence(error: YAMLError, text: string): string {
  if (error.code === "DUPLICATE_KEY") {
    const key = /^[^\s:,}]+/.exec(text.slice(error.pos[0], error.pos[0] + 80))?.[0] ?? "";
    return `the key ${JSON.stringify(key)} is there twice`;
  }
  return `not YAML: ${error.message}`;
}

/** Assigning it to an object would do something else than it says. */
function dangerousKeys(document: Document.Parsed): number[] {
  const found: number[] = [];
  visit(document, {
    Map(_key, node) {
      if (!isMap(node)) return;
      for (const item of node.items) {
        if (isPair(item) && isScalar(item.key) && item.key.value === "__proto__") found.push(item.key.range?.[0] ?? 0);
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
