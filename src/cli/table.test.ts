import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatAge, formatTable } from "./table.ts";

describe("tables", () => {
  it("align, and neutralise control characters that others put into names", () => {
    const columns = [{ title: "A" }, { title: "N", right: true }];
    const rows = [["x\u001b[2J", { text: "10", tone: "good" }] as const];
    assert.equal(formatTable(columns, rows, false), "A       N\nx?[2J  10\n");
    assert.ok(formatTable(columns, rows, true).includes("\u001b[32m10\u001b[39m"));
  });

  it("ages are short", () => {
    assert.deepEqual([5_000, 130_000, 7_300_000, 200_000_000].map(formatAge), ["5s", "2m", "2h", "2d"]);
  });
});
