import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "fairlead-algorithm-"));
after(() => rmSync(folder, { recursive: true }));

/** The command on a module with these fields; `before` runs at each choice of one that keeps all promises. */
async function check(name: string, before: string, more = "") {
  const source = `export const algorithm = {summary: "s", ${more} select(set, _key, live, out) {
    ${before}
    let n = 0;
    for (let i = 0; i < set.slots.length && n < out.length; i++) if (live.isUsable(set.slots[i])) out[n++] = set.slots[i];
    return n;
  }};`;
  const path = join(folder, name);
  writeFileSync(path, source);
  const child = spawn(process.execPath, [MAIN, "algorithm", "check", path], { timeout: 120_000 });
  const [stdout, stderr, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code))),
  ]);
  return { status, stdout, stderr };
}

test("what fails in large sets only is told with its place, and ends with a verdict", async () => {
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
  // One of them takes its ten seconds, whatever the others do meanwhile.
  const [good, ...bad] = await Promise.all([
    check("good.mjs", ""),
    ...cases.map(([name, before, more]) => check(name, before, more)),
  ]);
  assert.equal(good.status, 0, good.stderr);
  assert.match(good.stdout, /7 of 7 promises kept\none choice of four candidates: \d+ ns for 10, /);
  for (const [i, [name, , , what]] of cases.entries()) {
    assert.match(bad[i]!.stdout, what, bad[i]!.stderr);
    assert.equal(bad[i]!.status, 1, name);
  }
});

test("a promise that fails when the choice has long been made breaks no check, and is told", async () => {
  const starts = ['void import("node:fs");', 'void (async () => { throw new Error("boom"); })();'];
  for (const { status, stdout, stderr } of await Promise.all(starts.map((each, i) => check(`starts-${i}.mjs`, each)))) {
    assert.equal(status, 1, stderr);
    assert.match(stdout, /starts-\d\.mjs:2:\d+: it starts a promise: nobody waits/);
    assert.match(stdout, /of 7 promises kept/);
    assert.equal(stderr, "");
  }
});
