import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DestinationState } from "../dispatch/types.ts";
import { isProbed, markAfter, PROBE_MARKS, PROBE_MODES, probeRule } from "./probe-mode.ts";
import { type Health, nameOfState, type Outcome, observe, type StateName, stateOf } from "./state.ts";

type Row = [state: StateName, count: number, outcome: Outcome, next: StateName, nextCount: number];

function check(rows: readonly Row[], downAfter: number, upAfter: number): void {
  for (const [state, count, outcome, next, nextCount] of rows) {
    const before: Health = { state: stateOf(state), count };
    const after = observe(before, outcome, { downAfter, upAfter });
    assert.deepEqual([nameOfState(after.state), after.count], [next, nextCount], `${state}(${count}) ${outcome}`);
  }
}

describe("names of states", () => {
  it("are numbered as the live tables number them", () => {
    for (const [name, number] of Object.entries(DestinationState)) assert.equal(nameOfState(number), name);
  });
});

describe("health of a destination, thresholds 3 down and 2 up (Kamailio's table)", () => {
  it("an active destination goes through trying, and only failures in a row count", () => {
    check(
      [
        ["active", 0, "ok", "active", 0],
        ["active", 0, "bad", "trying", 1],
        ["trying", 1, "bad", "trying", 2],
        ["trying", 2, "bad", "inactive", 0],
        ["trying", 2, "ok", "active", 0],
      ],
      3,
      2,
    );
  });

  it("an inactive destination needs successes in a row", () => {
    check(
      [
        ["inactive", 0, "bad", "inactive", 0],
        ["inactive", 0, "ok", "inactive", 1],
        ["inactive", 1, "bad", "inactive", 0],
        ["inactive", 1, "ok", "active", 0],
      ],
      3,
      2,
    );
  });

  it("what the operator decided is not touched by results", () => {
    check(
      [
        ["disabled", 0, "ok", "disabled", 0],
        ["disabled", 0, "bad", "disabled", 0],
        ["draining", 0, "ok", "draining", 0],
        ["draining", 0, "bad", "draining", 0],
      ],
      3,
      2,
    );
  });

  it("with Kamailio's defaults of 1 and 1 one result decides", () => {
    check(
      [
        ["active", 0, "bad", "inactive", 0],
        ["inactive", 0, "ok", "active", 0],
      ],
      1,
      1,
    );
  });
});

describe("probing modes (Kamailio 1, 2, 0, 3)", () => {
  it("says who is probed", () => {
    const who = (state: StateName, marked: boolean) =>
      PROBE_MODES.filter((mode) => isProbed(mode, stateOf(state), marked));
    assert.deepEqual(who("active", false), ["all"]);
    assert.deepEqual(who("active", true), ["all", "once", "marked"]);
    assert.deepEqual(who("inactive", true), ["all", "down", "once", "marked"]);
    assert.deepEqual(who("inactive", false), ["all"]);
    assert.deepEqual(who("disabled", true), []);
    assert.deepEqual(who("draining", false), ["all"]);
  });

  it("says how a destination with a word of its own is probed, whatever the mode", () => {
    for (const mode of PROBE_MODES) {
      const rules = PROBE_MARKS.map((mark) => probeRule(mode, mark));
      assert.deepEqual(rules, [mode, mode, null, "all", "inactive"]);
    }
    for (const marked of [true, false]) {
      const who = (["active", "trying", "inactive", "draining", "disabled"] as const).filter((state) =>
        isProbed("inactive", stateOf(state), marked),
      );
      assert.deepEqual(who, ["inactive"]);
    }
    const [active, inactive] = [stateOf("active"), stateOf("inactive")];
    assert.deepEqual(
      [markAfter("inactive", true, "ok", active), markAfter("inactive", true, "ok", inactive)],
      [false, true],
    );
  });

  it("says who is probed again", () => {
    const active = stateOf("active");
    const inactive = stateOf("inactive");
    assert.equal(markAfter("once", true, "bad", inactive), false);
    assert.equal(markAfter("down", true, "ok", active), false);
    assert.equal(markAfter("down", true, "ok", inactive), true);
    assert.equal(markAfter("down", false, "bad", inactive), true);
    assert.equal(markAfter("marked", true, "ok", active), true);
  });
});
