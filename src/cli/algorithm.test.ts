import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "fairlead-algorithm-"));
after(() => rmSync(folder, { recursive: true }));

/** The command on a module with these fields; `before` runs at each choice of one that keeps all promises. */
function check(name: string, before: string, more = "") {
  const text = `export const algorithm = {summary: "s", ${more} select(set, _key, live, out) {
    ${before}
    let n = 0;
    for (let i = 0; i < set.slots.length && n < out.length; i++) if (live.isUsable(set.slots[i])) out[n++] = set.slots[i];
    return n;
  }};`;
  const path = join(folder, name);
  writeFileSync(path, text);
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "algorithm", "check", path], {
    encoding: "utf8",
    timeout: 120_000,
  });
  return { status, stdout, stderr };
}

test("what fails in large sets only is told with its place, and ends with a verdict", () => {
  const good = check("good.mjs", "");
  assert.equal(good.status, 0, good.stderr);
  assert.match(good.stdout, /7 of 7 promises kept\none choice of four candidates: \d+ ns for 10, /);
  const cases: readonly (readonly [string, string, string, RegExp])[] = [
    [
      "loops.mjs",
      "while (set.slots.length > 500);",
      "",
      /not ok a set of 1000 .*\n {3}.*not come back within 10000 ms/,
    ],
    [
      "throws.mjs",
      "if (set.slots.length > 500) set.none.x();",
      "",
      /not ok a set of 1000 .*\n {3}.*throws\.mjs:2:\d+: Type/,
    ],
    [
      "compile.mjs",
      "",
      "compile(all) { if (all.length > 500) throw {toString: 5}; return new Uint16Array(0); },",
      /not ok a set of 1000 .*\n {3}.*cannot be put into words/,
    ],
  ];
  for (const [name, before, more, what] of cases) {
    const { status, stdout, stderr } = check(name, before, more);
    assert.match(stdout, what, stderr);
    assert.equal(status, 1, name);
  }
});

test("a promise that fails when the choice has long been made breaks no check, and is told", () => {
  for (const before of ['void import("node:fs");', 'void (async () => { throw new Error("boom"); })();']) {
    const { status, stdout, stderr } = check("starts.mjs", before);
    assert.equal(status, 1, stderr);
    assert.match(stdout, /starts\.mjs:2:\d+: it starts a promise: nobody waits/);
    assert.match(stdout, /of 7 promises kept/);
    assert.equal(stderr, "");
  }
});
