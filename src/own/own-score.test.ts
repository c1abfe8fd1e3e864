// A module that says what each destination is worth, and nothing more.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setOf } from "../dispatch/contract.ts";
import { compileHashSlots } from "../dispatch/hash-slots.ts";
import { FakeLive } from "../dispatch/live-fake.ts";
import { DestinationState } from "../dispatch/types.ts";
import { guarded } from "./guarded.ts";
import { HANG_WORDS, HangWatch } from "./hang-watch.ts";
import { moduleText, openModule, tryOut } from "./own-module.ts";

function opened(score: string) {
  const text = `export const algorithm = {summary: "s", ${score}};`;
  const found = openModule("own:a", moduleText("a.mjs", text));
  assert.ok(found.ok, found.ok ? "" : found.what);
  return found.algorithm;
}

/** The candidates of a set of four, by position, and what was told of faults. */
function chosen(score: string, live = new FakeLive(), room = 4): readonly [string, readonly string[]] {
  const plain = setOf(opened(score), [1, 1, 1, 1]);
  const facts = plain.facts.map((one, at) => ({
    ...one,
    attrs: { rate: String(9 - at), class: at === 2 ? "closed" : "open" },
    scriptAttrs: at === 3 ? "cost=1" : "",
  }));
  const set = { ...plain, facts };
  const faults: string[] = [];
  const net = {
    onFault: (_set: string, _own: string, what: string) => void faults.push(what),
    watch: new HangWatch(new Int32Array(HANG_WORDS)),
  };
  const own = guarded(set, compileHashSlots(set.slots), "text", net);
  const out = new Uint16Array(room);
  const count = own.select(set, 1, live, out);
  return [[...out.subarray(0, count)].map((slot) => set.slots.indexOf(slot)).join(""), faults];
}

test("the lowest score is the first, equals keep the set's order, below 0 is left out, and who is down is not asked", () => {
  const down = new FakeLive();
  down.states[1003] = DestinationState.inactive;
  const cases: readonly (readonly [string, string, FakeLive?, number?])[] = [
    ["score: () => 0", "0123"],
    ["score: (uri, attrs) => Number(attrs.rate)", "3210"],
    ["score: (uri, attrs) => Number(attrs.rate)", "32", new FakeLive(), 2],
    ["score: (uri, attrs) => (attrs.class === 'closed' ? -1 : 0)", "013"],
    ["score: (uri, attrs, scriptAttrs) => (scriptAttrs === 'cost=1' ? 0.25 : 0.5)", "3012"],
    ["score: () => -0.5", ""],
    ["score: (uri) => (uri.includes('10.0.0.2:') ? 0 : 1)", "2013"],
    ["score: (uri, attrs, scriptAttrs, slot, live) => live.score(slot)", "1230", scoresOf([7, 1, 2, 3])],
    ["score: () => Infinity", "0123"],
    ["score: (uri) => { if (uri.includes('10.0.0.1:')) throw new Error('asked'); return 0; }", "023", down],
    ["base: 5, score(uri, attrs) { return this.base - Number(attrs.rate) + 5; }", "0123"],
  ];
  for (const [score, expected, live, room] of cases) assert.deepEqual(chosen(score, live, room), [expected, []], score);
});

function scoresOf(scores: readonly number[]): FakeLive {
  const live = new FakeLive();
  scores.forEach((score, at) => {
    live.scores[1000 + 3 * at] = score;
  });
  return live;
}

test("a score that is no number, and one that throws, cost no call: it is told, and goes by chance", () => {
  for (const [score, expected] of [
    ["score: () => NaN", /^select threw.*score returned NaN, which is no number/],
    ["score() {}", /score returned undefined, which is no number/],
    ["score: () => '1'", /score returned 1, which is no number/],
    ["score() { throw new Error('boom'); }", /select threw.*boom/],
    ["async score() { return 1; }", /score returned a promise, and nobody waits/],
    ["score(uri, attrs) { attrs.rate = '0'; return 0; }", /select threw.*read only/],
  ] as const) {
    const [list, faults] = chosen(score);
    assert.equal(list.length, 4, score);
    assert.match(faults.join(), expected, score);
  }
});

test("such an algorithm keeps the contract, and a module has either a select or a score", () => {
  for (const { title, broken } of tryOut(opened("score: (uri) => uri.length"), { rounds: 10 }, 5_000))
    assert.equal(broken, "", title);
  const refused = (fields: string) => {
    const found = openModule("own:a", moduleText("a.mjs", `export const algorithm = {summary: "s", ${fields}};`));
    return found.ok ? "" : found.what;
  };
  assert.match(refused("score: () => 0, select: () => 0"), /both `select` and `score`/);
  assert.match(refused("score: 5"), /`score` is to be a function/);
  assert.match(refused("summary: 's'"), /has no function `select`.*or score\(uri, attrs, scriptAttrs\)/);
});
