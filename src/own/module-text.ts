// The text of a user's module, run in whichever thread has it. Workers get the text that was checked, and not the name of a file that
// may be another one, or none, by the time a worker is replaced.
import { createRequire, registerHooks } from "node:module";
import { ImportRefused, outliveLeftovers, SCHEME } from "./started.ts";
import { textOf } from "./thrown.ts";

/** What is wrong with a module; line and column are 1-based, 0: nobody knows. */
export interface ModuleFault {
  readonly what: string;
  readonly line: number;
  readonly column: number;
}

/** A module as workers get it. */
export interface ModuleText {
  readonly text: string;
  readonly isTypeScript: boolean;
}

/** Exports by name, or what is wrong. */
export type Evaluated =
  | { readonly ok: true; readonly exports: Readonly<Record<string, unknown>> }
  | ({ readonly ok: false } & ModuleFault);

const require = createRequire(import.meta.url);
/** Texts by their name while they are loaded. */
const texts = new Map<string, ModuleText>();
/** What came of texts that could be loaded. */
const loaded = new Map<string, Readonly<Record<string, unknown>>>();
/** Each attempt has a name of its own: Node has nothing but errors for one that was broken off. */
let attempts = 0;
let isHooked = false;

/** Runs the text of a module, once for each text in a thread. Never throws. It may not import anything: it is one file. */
export function evaluate(module: ModuleText): Evaluated {
  if (!isHooked) hook();
  const key = `${module.isTypeScript} ${module.text}`;
  const known = loaded.get(key);
  if (known !== undefined) return { ok: true, exports: known };
  const name = SCHEME + (++attempts).toString();
  texts.set(name, module);
  try {
    const exports = require(name) as Readonly<Record<string, unknown>>;
    loaded.set(key, exports);
    return { ok: true, exports };
  } catch (error) {
    const fault = faultOf(error);
    // Of JavaScript's syntax errors Node does not say the place; the reader of TypeScript does.
    const isPlaceless = error instanceof SyntaxError && fault.line === 0 && !module.isTypeScript;
    const place = isPlaceless ? evaluate({ ...module, isTypeScript: true }) : fault;
    return { ok: false, ...fault, ...("line" in place ? { line: place.line, column: place.column } : {}) };
  } finally {
    texts.delete(name);
  }
}

/** What an exception of a module says, and where in it. Never throws, whatever it is. */
export function faultOf(error: unknown): ModuleFault {
  try {
    return error instanceof Error ? faultOfError(error) : { what: `it throws ${textOf(error)}`, line: 0, column: 0 };
  } catch {
    return { what: `it throws ${textOf(error)}`, line: 0, column: 0 };
  }
}

function faultOfError(error: Error): ModuleFault {
  const code = "code" in error ? error.code : "";
  if (code === "ERR_REQUIRE_ASYNC_MODULE") return { what: "it awaits while it is loaded", line: 0, column: 0 };
  const what = error.name === "Error" ? textOf(error) : `${error.name}: ${textOf(error)}`;
  const stack = textOf(error, true);
  // Syntax errors: the line, its text and mostly an arrow stand before the message. All others: the first frame within the module.
  const head = /^fairlead-algorithm:\d+:(\d+)\n(?:(?:.*\n)*?( *)\^)?/.exec(stack);
  if (head !== null) return { what, line: Number(head[1]), column: (head[2]?.length ?? 0) + 1 };
  const frame = /fairlead-algorithm:\d+:(\d+):(\d+)/.exec(stack);
  return { what, line: Number(frame?.[1] ?? 0), column: Number(frame?.[2] ?? 0) };
}

/** As editors understand it: `mine.ts:3:7`. */
export function placeIn(file: string, { line, column }: ModuleFault): string {
  return line === 0 ? file : `${file}:${line}:${column}`;
}

function hook(): void {
  isHooked = true;
  outliveLeftovers();
  registerHooks({
    resolve(specifier, context, next) {
      const module = texts.get(specifier);
      if (module !== undefined) return { url: specifier, format: formatOf(module), shortCircuit: true };
      if (context.parentURL?.includes(SCHEME) !== true) return next(specifier, context);
      throw new ImportRefused(
        `it imports ${specifier}: an algorithm is one file, and \`import type\` is all that it may import`,
      );
    },
    load(url, context, next) {
      const module = texts.get(url);
      if (module === undefined) return next(url, context);
      return { source: module.text, format: formatOf(module), shortCircuit: true };
    },
  });
}

function formatOf({ isTypeScript }: ModuleText): "module" | "module-typescript" {
  return isTypeScript ? "module-typescript" : "module";
}
