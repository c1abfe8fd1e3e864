// The walls of the house: who may import whom, no circles, no long files, no `utils`, no default exports. Imports are read
// with a regular expression, type-only ones included: for this purpose they count like any other.
import { globSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";

/** For each layer, the layers that it may import besides itself. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  sip: [],
  dispatch: [],
  own: ["dispatch"],
  net: ["sip"],
  bridge: ["dispatch", "own", "net"],
  proxy: ["sip", "dispatch", "own", "net", "bridge"],
  streams: ["sip", "net", "bridge"],
  ua: ["sip", "net"],
  health: ["sip", "dispatch", "net", "bridge", "ua"],
  config: ["sip", "dispatch", "own", "net", "health"],
  sources: ["config"],
  control: ["dispatch", "own", "net", "bridge", "health", "config"],
  explain: ["dispatch", "config", "control", "proxy"],
  admin: ["bridge", "config", "control", "health", "explain"],
  cli: ["own", "config", "sources", "explain", "ua"],
};
/** Single files that a layer may import from where is otherwise closed to it. */
const OPEN_FILES: Readonly<Record<string, readonly string[]>> = {
  cli: ["src/admin/admin-error.ts", "src/admin/client.ts", "src/admin/probing.ts", "src/admin/resources.ts"],
  control: ["src/compiler.ts"],
};
/** Layers without I/O: they import nothing from outside but what is named here. */
const PURE: Readonly<Record<string, readonly string[]>> = { sip: ["node:buffer"], dispatch: ["node:buffer"] };
const MOST_LINES = 300;
const IMPORT =
  /^[ \t]*(?:import|export)\s[\w\s{},*$]*?\bfrom\s*"([^"]+)"|^\s*import\s*"([^"]+)"|\bimport\(\s*"([^"]+)"/gm;

/** One broken rule. */
export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly what: string;
}

interface Import {
  readonly target: string;
  readonly line: number;
}

/** Checks source texts by path (`src/sip/message.ts`, relative to the project folder, forward slashes). */
export function checkTree(files: ReadonlyMap<string, string>): Violation[] {
  const violations: Violation[] = [];
  const graph = new Map<string, Import[]>();
  for (const [file, text] of files) {
    const imports = importsOf(file, text);
    graph.set(file, imports);
    checkFile(file, text, violations);
    for (const { target, line } of imports) {
      const what = wrongImport(file, target);
      if (what !== "") violations.push({ file, line, what });
    }
  }
  return [...violations, ...findCircles(graph)];
}

function importsOf(file: string, text: string): Import[] {
  return [...text.matchAll(IMPORT)].map((match) => {
    const name = match[1] ?? match[2] ?? match[3] ?? "";
    // A match may begin with the blank lines before it.
    const at = match.index + match[0].length;
    const target = name.startsWith(".") ? posix.join(posix.dirname(file), name) : name;
    return { target, line: text.slice(0, at).split("\n").length };
  });
}

function layerOf(file: string): string {
  const [top, layer, rest] = file.split("/");
  return top === "src" && rest !== undefined && layer !== undefined ? layer : "";
}

function checkFile(file: string, text: string, violations: Violation[]): void {
  const lines = text.split("\n");
  if (lines.length - 1 > MOST_LINES)
    violations.push({ file, line: MOST_LINES, what: `longer than ${MOST_LINES} lines` });
  if (/(^|\/)utils?(\/|\.|$)/.test(file))
    violations.push({ file, line: 1, what: "a helper lives with the noun it helps" });
  const at = lines.findIndex((line) => /^export default\b|^export \{.*\bas default\b/.test(line));
  if (at >= 0) violations.push({ file, line: at + 1, what: "default export" });
  const layer = layerOf(file);
  // Files directly in src/ wire the layers together, as main.ts does: they may import everything, and no layer imports them but for those of OPEN_FILES.
  if (layer !== "" && !Object.hasOwn(LAYERS, layer)) {
    violations.push({ file, line: 1, what: "lies in no layer (tools/check-layers.ts has the table)" });
  }
}

/** What is wrong with an import, or nothing. Tests may import what they need: nobody imports them. */
function wrongImport(file: string, target: string): string {
  const from = layerOf(file);
  if (from === "" || file.endsWith(".test.ts")) return "";
  const isLocal = /^(src|test|tools|bench)\//.test(target);
  if (!isLocal) {
    const allowed = PURE[from];
    return allowed === undefined || allowed.includes(target) ? "" : `${from} is pure and may not import ${target}`;
  }
  if (OPEN_FILES[from]?.includes(target)) return "";
  const to = layerOf(target);
  if (to === "") return `${from} may not import ${target}`;
  if (to === from || LAYERS[from]?.includes(to)) return "";
  return `${from} may not import ${to} (${target})`;
}

/** Depth first; each circle is told once, at the import that closes it. */
function findCircles(graph: ReadonlyMap<string, readonly Import[]>): Violation[] {
  const violations: Violation[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    path.push(file);
    for (const { target, line } of graph.get(file) ?? []) {
      const at = path.indexOf(target);
      if (at >= 0) violations.push({ file, line, what: `import circle: ${[...path.slice(at), target].join(" -> ")}` });
      else if (!done.has(target) && graph.has(target)) visit(target);
    }
    path.pop();
    done.add(file);
  };
  for (const file of graph.keys()) if (!done.has(file)) visit(file);
  return violations;
}

/** Reads the project's sources. */
export function readTree(root: string): Map<string, string> {
  const names = globSync("{src,test,tools,bench}/**/*.ts", { cwd: root }).map((name) => name.replaceAll("\\", "/"));
  return new Map(names.sort().map((name) => [name, readFileSync(`${root}/${name}`, "utf8")]));
}

if (import.meta.main) {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const files = readTree(root);
  const violations = checkTree(files);
  for (const { file, line, what } of violations) console.error(`${file}:${line}: error: ${what}`);
  console.log(`layers: ${files.size} files, ${violations.length} violations`);
  process.exitCode = violations.length > 0 ? 1 : 0;
}
