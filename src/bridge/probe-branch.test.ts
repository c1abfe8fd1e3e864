import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  isProbeBranch,
  PROBE_BRANCH_LENGTH,
  probeBranchCheck,
  probeBranchSlot,
  writeProbeBranch,
} from "./probe-branch.ts";

describe("probe branch", () => {
  it("names slot and check, and is recognised in the middle of a message", () => {
    const branch = writeProbeBranch(0xbeef, "0123456789abcdef");
    assert.equal(branch, "z9hG4bKp0000beef0123456789abcdef");
    assert.equal(branch.length, PROBE_BRANCH_LENGTH);
    const bytes = Buffer.from(`branch=${branch};rport`);
    assert.ok(isProbeBranch(bytes, 7, 7 + branch.length));
    assert.equal(probeBranchSlot(bytes, 7), 0xbeef);
    assert.equal(probeBranchCheck(bytes, 7), "0123456789abcdef");
  });

  it("is not mistaken for another branch", () => {
    const other = Buffer.from("z9hG4bKq0000beef0123456789abcdef");
    assert.ok(!isProbeBranch(other, 0, other.length));
    const short = Buffer.from("z9hG4bKp0000beef");
    assert.ok(!isProbeBranch(short, 0, short.length));
    assert.equal(probeBranchSlot(Buffer.from("z9hG4bKp0000BEEF0123456789abcdef"), 0), -1);
  });
});
