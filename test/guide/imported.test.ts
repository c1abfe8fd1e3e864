// What docs/guide/coming-from-kamailio.md says of `fairlead import` is what it writes and tells.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeIo } from "../../src/config/io-fake.ts";
import { translate } from "../../src/config/open.ts";
import { formatProblem } from "../../src/config/problem.ts";
import { importExamples } from "./page.ts";

const all = importExamples();

test("the page has imports of a list, and of scripts of both products", () => {
  const files = all.map(({ argv }) => argv[0]);
  assert.deepEqual([...new Set(files)].sort(), ["dispatcher.list", "kamailio.cfg", "opensips.cfg"]);
});

for (const { title, argv, text, yaml, told } of all) {
  test(`${title}: the importer writes and tells what stands on the page`, () => {
    const [file = "", ...flags] = argv;
    const flag = (name: string) => flags[flags.indexOf(name) + 1] ?? "";
    const options = { listen: [flag("--listen")], algorithm: flag("--algorithm") };
    const found = translate(file, options, fakeIo({ [file]: text }));
    assert.equal(found.yaml, yaml);
    assert.deepEqual(found.problems.map(formatProblem), told);
  });
}
