import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fc, runs } from "../../test/kit/property.ts";
import { diffLines } from "./line-diff.ts";

describe("line diff", () => {
  it("shows what goes, what comes, and what stays, in order", () => {
    const lines = diffLines(["a", "b", "c"], ["new", "a", "c", "d"]);
    assert.equal(lines.map(({ sign, line }) => sign + line).join("|"), "+new| a|-b| c|+d");
  });

  it("without its additions it is the text before, without its removals the text after", () => {
    const text = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 12 });
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = diffLines(before, after);
        const of = (sign: string) => lines.filter((each) => each.sign !== sign).map(({ line }) => line);
        assert.deepEqual([of("+"), of("-")], [before, after]);
      }),
      { numRuns: runs(200) },
    );
  });
});
