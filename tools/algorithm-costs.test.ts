// The page of what a choice costs is measured, and so not one of those that are written anew by each `npm run docs`.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ALGORITHMS } from "../src/dispatch/algorithms/index.ts";
import { COMPAT } from "../src/dispatch/compat/index.ts";

test("what a choice costs is said of every algorithm, with all destinations well and with some of them down", () => {
  const tables = readFileSync(new URL("../docs/reference/algorithm-costs.md", import.meta.url), "utf8").split("\n## ");
  assert.equal(tables.length, 3);
  for (const table of tables.slice(1)) {
    const rows = [...table.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name);
    assert.deepEqual(
      rows,
      [...ALGORITHMS, ...COMPAT].map(({ name }) => name),
      "in the order of the registries",
    );
  }
});
