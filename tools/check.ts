// npm run check: everything about the sources that is not a test: types, lint and format, layers, generated pages.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** A script that this step runs; without it there is nothing to check. */
  readonly script?: string;
}

const STEPS: readonly Step[] = [
  { name: "types", command: ["tsc", "-p", "."] },
  { name: "lint and format", command: ["biome", "ci", "--colors=off", "--diagnostic-level=warn", "."] },
  { name: "layers", command: [process.execPath, "tools/check-layers.ts"] },
  { name: "reference pages", command: [process.execPath, "tools/docs.ts", "--check"], script: "tools/docs.ts" },
];

const root = fileURLToPath(new URL("..", import.meta.url));
const failed: string[] = [];
for (const { name, command, script } of STEPS) {
  if (script !== undefined && !existsSync(`${root}${script}`)) continue;
  const [program = "", ...args] = command;
  const started = performance.now();
  // Output is held back: a step that passes says one line.
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (status === 0) console.log(`ok ${name} (${seconds} s)`);
  else {
    failed.push(name);
    console.log(`${stdout ?? ""}${stderr ?? ""}${error?.message ?? ""}\nnot ok ${name} (${seconds} s)`);
  }
}
if (failed.length > 0) console.log(`check failed: ${failed.join(", ")}`);
process.exitCode = failed.length > 0 ? 1 : 0;
