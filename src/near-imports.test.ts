// The hook that bin/fairlead preloads, seen from outside: who imports what, what a missing module is called, and a folder whose name is
// another one in a URL.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

const HOOK = new URL("./near-imports.ts", import.meta.url).href;
const ROOT = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "fairlead-near-"));
after(() => rmSync(folder, { recursive: true }));

function preloaded(text: string): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const file = join(folder, "importer.ts");
  writeFileSync(file, text);
  return spawnSync(process.execPath, [`--import=${HOOK}`, file], { encoding: "utf8" });
}

test("modules beside the importer, packages and Node's own are found", () => {
  writeFileSync(join(folder, "near.ts"), "export const near: number = 7;");
  const zod = pathToFileURL(join(ROOT, "node_modules/zod/index.js")).href;
  const { stdout, stderr } = preloaded(
    `import { near } from "./near.ts"; import { sep } from "node:path"; import { z } from ${JSON.stringify(zod)}; console.log(near, sep, typeof z);`,
  );
  assert.equal(stderr, "");
  assert.equal(stdout, "7 / object\n");
});

test("a module that is not there is named", () => {
  const { status, stderr } = preloaded(`import "./nowhere.ts";`);
  assert.equal(status, 1);
  assert.match(stderr, /nowhere\.ts/);
});

test("the program starts in a folder whose name would be another one in a URL", () => {
  const root = join(folder, "100% of #2?");
  mkdirSync(root);
  for (const part of ["bin", "src", "tools", "package.json", "package-lock.json"]) {
    cpSync(join(ROOT, part), join(root, part), { recursive: true });
  }
  for (const part of ["node_modules", ".toolchain"]) symlinkSync(join(ROOT, part), join(root, part));
  const { status, stdout, stderr } = spawnSync(join(root, "bin/fairlead"), ["--version"], { encoding: "utf8" });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});
