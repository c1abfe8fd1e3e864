// The hook that bin/fairlead preloads, seen from outside: whose imports it answers, that threads have it, too, and what happens in a folder
// whose name is another one in a URL.
import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "fairlead-near-"));
after(() => rmSync(folder, { recursive: true }));
// Its own folder is whose imports it answers.
cpSync(fileURLToPath(new URL("./near-imports.ts", import.meta.url)), join(folder, "near-imports.ts"));
mkdirSync(join(folder, "elsewhere"));
writeFileSync(join(folder, "elsewhere", "module.ts"), "export const where: string = import.meta.url;");
symlinkSync(join(folder, "elsewhere", "module.ts"), join(folder, "link.ts"));

/** Runs a module with this text, under the hook, in its own folder or outside of it. */
function preloaded(text: string, within = folder): SpawnSyncReturns<string> {
  const hook = pathToFileURL(join(folder, "near-imports.ts")).href;
  writeFileSync(join(within, "importer.ts"), text);
  return spawnSync(process.execPath, [`--import=${hook}`, join(within, "importer.ts")], { encoding: "utf8" });
}

const IMPORTER = `import { where } from "./link.ts"; import { sep } from "node:path"; console.log(where.split(sep).at(-1));`;

test("a module beside its importer is not searched for: a link to it is not followed", () => {
  const { stdout, stderr } = preloaded(IMPORTER);
  assert.deepEqual({ stdout, stderr }, { stdout: "link.ts\n", stderr: "" });
});

test("a thread that is started has the hook, too", () => {
  const text = `import { Worker, isMainThread } from "node:worker_threads";
    if (isMainThread) new Worker(new URL(import.meta.url)); else console.log((await import("./link.ts")).where.split("/").at(-1));`;
  const { stdout, stderr } = preloaded(text);
  assert.deepEqual({ stdout, stderr }, { stdout: "link.ts\n", stderr: "" });
});

test("who is not of ours is answered by Node", () => {
  const outside = mkdtempSync(join(tmpdir(), "fairlead-far-"));
  try {
    symlinkSync(join(folder, "elsewhere", "module.ts"), join(outside, "link.ts"));
    const { stdout, stderr } = preloaded(IMPORTER, outside);
    assert.deepEqual({ stdout, stderr }, { stdout: "module.ts\n", stderr: "" });
  } finally {
    rmSync(outside, { recursive: true });
  }
});

test("a module that is not there is named", () => {
  const { status, stderr } = preloaded(`import "./nowhere.ts";`);
  assert.equal(status, 1);
  assert.match(stderr, /nowhere\.ts/);
});

for (const [name, isPreloaded] of [
  ["fair lead_1.0+x@y", true],
  ["100% of #2?", false],
  ["a\tb", false],
  ["fährlead", false],
] as const) {
  test(`the program starts in a folder called ${JSON.stringify(name)}, ${isPreloaded ? "with" : "without"} the hook`, () => {
    const root = join(folder, name);
    mkdirSync(root);
    for (const part of ["bin", "src", "tools", "package.json", "package-lock.json"]) {
      cpSync(join(ROOT, part), join(root, part), { recursive: true });
    }
    for (const part of ["node_modules", ".toolchain"]) symlinkSync(join(ROOT, part), join(root, part));
    // -x: what the launcher runs.
    const { status, stdout, stderr } = spawnSync("sh", ["-x", join(root, "bin/fairlead"), "--version"], {
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
    assert.equal(stderr.includes("--import="), isPreloaded, stderr);
  });
}
