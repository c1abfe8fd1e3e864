// A user's module can be anything: what is wrong with it is told with its place, and no call is lost because of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CONTRACT, setOf } from "../dispatch/contract.ts";
import { compileHashSlots } from "../dispatch/hash-slots.ts";
import { FakeLive } from "../dispatch/live-fake.ts";
import { type Algorithm, DestinationState, type DispatcherSet, KeySource } from "../dispatch/types.ts";
import { type FaultListener, guarded as guardedBy } from "./guarded.ts";
import { HANG_WORDS, HangWatch, markOf } from "./hang-watch.ts";
import { AlgorithmFailure } from "./own-algorithm.ts";
import { algorithmsOf, moduleText, openModule, tryOut } from "./own-module.ts";

const FIRST =
  "select(set, _key, live, out) { let n = 0; for (const s of set.slots) if (n < out.length && live.isUsable(s)) out[n++] = s; return n; }";

function opened(text: string, file = "a.mjs") {
  return openModule("own:a", moduleText(file, text));
}

function algorithm(fields: string): Algorithm {
  const result = opened(`export const algorithm = {summary: "s", ${fields}};`);
  assert.ok(result.ok, JSON.stringify(result));
  return result.algorithm;
}

function guarded(
  set: DispatcherSet,
  fallback: Uint16Array,
  onFault: FaultListener,
  watch = new HangWatch(new Int32Array(HANG_WORDS)),
) {
  return guardedBy(set, fallback, "text", { onFault, watch });
}

test("what is wrong with a module is told with line and column", () => {
  const cases: readonly (readonly [string, string, RegExp, number, number])[] = [
    ["a.mjs", "export const a = 1;\nexport const b = ) + 1;", /^SyntaxError: Unexpected token/, 2, 18],
    ["a.ts", "export const a: number = 1;\nexport const b = ) + 1;", /^SyntaxError: Expression expected/, 2, 18],
    ["a.ts", "enum Colour { red }", /enum is not supported/, 1, 1],
    ["a.mjs", "export const a = 1;\n  null.foo;", /^TypeError: Cannot read properties of null/, 2, 8],
    ["a.mjs", "export const algorithm = {", /^SyntaxError: Unexpected end of input/, 1, 1],
    ["a.mjs", "import { readFileSync } from 'node:fs';", /it imports node:fs: an algorithm is one file/, 0, 0],
    ["a.mjs", "import './other.mjs';", /it imports \.\/other\.mjs/, 0, 0],
    ["a.mjs", "await null;", /it awaits while it is loaded/, 0, 0],
    ["a.mjs", "for (;;);", /it does not come back within 1000 ms/, 0, 0],
    ["a.mjs", "export default {};", /it exports no `algorithm`/, 0, 0],
    ["a.mjs", "export const algorithm = {summary: 's'};", /no function `select`/, 0, 0],
    ["a.mjs", `export const algorithm = {${FIRST}};`, /`summary` is to be a sentence/, 0, 0],
    [
      "a.mjs",
      `export const algorithm = {summary: "s", key: "callid", ${FIRST}};`,
      /`key` is to be one of none, call-id/,
      0,
      0,
    ],
    ["a.mjs", `export const algorithm = {summary: "s", isPure: 1, ${FIRST}};`, /`isPure` is to be true or false/, 0, 0],
    [
      "a.mjs",
      `export const algorithm = {summary: "s", uses: ["wieght"], ${FIRST}};`,
      /`uses` is to be a list of weight/,
      0,
      0,
    ],
  ];
  for (const [file, text, what, line, column] of cases) {
    const result = opened(text, file);
    assert.ok(!result.ok, text);
    assert.match(result.what, what);
    assert.deepEqual([result.line, result.column], [line, column], text);
  }
});

test("TypeScript is understood by the file's name, and types may be imported", () => {
  const text = `import type { OwnAlgorithm } from "./types.ts";\nexport const algorithm: OwnAlgorithm = {summary: "s", key: "to", ${FIRST}};`;
  const result = opened(text, "a.ts");
  assert.ok(result.ok, JSON.stringify(result));
  assert.deepEqual(
    [result.algorithm.name, result.algorithm.key, result.algorithm.isPure],
    ["own:a", KeySource.to, false],
  );
  assert.ok(!opened(text, "a.mjs").ok);
});

test("another text is another algorithm, and an old one is still the old one", () => {
  const first = opened(`export const algorithm = {summary: "one", ${FIRST}};`);
  const second = opened(`export const algorithm = {summary: "two", ${FIRST}};`);
  assert.deepEqual([first.ok && first.algorithm.summary, second.ok && second.algorithm.summary], ["one", "two"]);
});

test("the contract ends where a module does not come back, and says where one throws", () => {
  const late = tryOut(algorithm("select() { for (;;); }"), { rounds: 1 }, 50);
  assert.deepEqual(
    late.map(({ broken }) => broken),
    ["it does not come back within 50 ms"],
  );
  const thrown = tryOut(algorithm("select(set) { return set.none.length; }"), { rounds: 1 }, 1_000);
  assert.equal(thrown[0]?.fault?.line, 1);
  const good = tryOut(algorithm(FIRST), { rounds: 20 }, 1_000);
  assert.deepEqual(
    good.map(({ broken }) => broken),
    CONTRACT.map(() => ""),
  );
});

test("what a module starts and does not wait for is told with its place, and ends nothing later", async () => {
  const starts: readonly (readonly [string, RegExp])[] = [
    ["select() { void import('node:fs'); return 0; }", /^it starts a promise/],
    ["select() { Promise.reject(new Error('boom')); return 0; }", /^it starts a promise/],
    ["select() { void (async () => { throw 5; })(); return 0; }", /^it starts a promise/],
    ["select() { setTimeout(() => { throw new Error('boom'); }, 0); return 0; }", /^it starts something.*Timeout/],
    [
      "select() { process.nextTick(() => { throw new Error('boom'); }); return 0; }",
      /^it starts something.*TickObject/,
    ],
    ["select() { queueMicrotask(() => { throw new Error('boom'); }); return 0; }", /^it starts something.*Microtask/],
    ["select() { setImmediate(() => { throw new Error('boom'); }); return 0; }", /^it starts something.*Immediate/],
    [`compile() { Promise.reject(5); return new Uint16Array(0); }, ${FIRST}`, /^it starts a promise/],
  ];
  for (const [fields, what] of starts) {
    const [verdict] = tryOut(algorithm(fields), { rounds: 1 }, 1_000).filter(({ fault }) => fault !== null);
    assert.match(verdict?.broken ?? "", what, fields);
    assert.equal(verdict?.fault?.line, 1, fields);
  }
  const [late] = tryOut(algorithm("async select() { throw new Error('boom'); }"), { rounds: 1 }, 1_000);
  assert.match(late?.broken ?? "", /select returned a promise/);
  assert.ok(late?.fault !== null);
  const atLoad = opened("Promise.reject(5);\nexport const algorithm = {};");
  assert.match(atLoad.ok ? "" : atLoad.what, /has no function `select`/);
  const good = opened(`\nvoid import("node:fs");\nexport const algorithm = {summary: "s", ${FIRST}};`);
  assert.deepEqual(good.ok || [good.line, good.column], [2, 1]);
  // Node's test runner fails a test during which a rejection is left.
  await new Promise((done) => setTimeout(done, 20));
});

test("a module that throws what cannot be put into words, or fields that never come back, is told of all the same", () => {
  const odd = [
    "throw Object.create(null);",
    "throw {toString: 5};",
    "const e = new Error(); Object.defineProperty(e, 'stack', {get() { throw 5; }}); throw e;",
    "const e = new Error(); Object.defineProperty(e, 'message', {get() { throw 5; }}); throw e;",
    "throw new Proxy({}, {getPrototypeOf() { throw 5; }});",
  ];
  for (const thrown of odd) {
    assert.ok(!opened(thrown).ok, thrown);
    const own = algorithm(`select() { ${thrown} }`);
    assert.notEqual(tryOut(own, { rounds: 1 }, 1_000)[0]?.fault ?? null, null, thrown);
    const set = setOf(own, [1, 2]);
    const faults: string[] = [];
    const list = guarded(set, compileHashSlots(set.slots), (_set, _name, what) => faults.push(what));
    assert.equal(list.select(set, 1, new FakeLive(), new Uint16Array(2)), 2, thrown);
    assert.match(faults.join(), /^select threw./, thrown);
  }
  const hangs = opened("export const algorithm = {get summary() { for (;;); }, select() {}};");
  assert.match(hangs.ok ? "" : hangs.what, /does not come back within 1000 ms/);
  const fails = moduleText("a.mjs", "export const algorithm = {get summary() { throw {toString: 5}; }, select() {}};");
  assert.equal(algorithmsOf([{ name: "own:a", module: fails }]).size, 1, "nor do workers fail that find it so");
});

test("a module that was late once is loaded when it is tried again", () => {
  const text = `if (globalThis.isLate !== false) for (;;);\nexport const algorithm = {summary: "s", ${FIRST}};`;
  const late = opened(text);
  assert.match(late.ok ? "" : late.what, /does not come back/);
  Object.assign(globalThis, { isLate: false });
  try {
    const again = opened(text);
    assert.ok(again.ok, JSON.stringify(again));
  } finally {
    Reflect.deleteProperty(globalThis, "isLate");
  }
});

test("a table that cannot be made is a failure with a name", () => {
  for (const compile of [
    "compile() { return [1]; }",
    "compile() { throw new Error('no'); }",
    "compile() { for (;;); }",
  ])
    assert.throws(() => algorithm(`${compile}, ${FIRST}`).compile([]), AlgorithmFailure);
});

test("whatever select does, the list has usable destinations of the set, each once, and every fault is told", () => {
  const live = new FakeLive(3);
  const faulty: readonly string[] = [
    "select() { throw new Error('no'); }",
    "select() { throw null; }",
    "select() { return NaN; }",
    "select() { return -1; }",
    "select() { return 1.5; }",
    "select(set, key, live, out) { return out.length + 1; }",
    "select() { return '2'; }",
    "select(set, key, live, out) { out[0] = 7; return 1; }",
    "select(set, key, live, out) { out[0] = out[1] = set.slots[0]; return 2; }",
    "select(set, key, live, out) { set.slots.fill(7); out[0] = 7; return 1; }",
  ];
  for (const fields of faulty) {
    const set = setOf(algorithm(fields), [1, 2, 3, 4]);
    live.states[set.slots[2]!] = DestinationState.inactive;
    const faults: string[] = [];
    const own = guarded(set, compileHashSlots(set.slots), (name, which, what) =>
      faults.push(`${name} ${which} ${what}`),
    );
    const out = new Uint16Array(16);
    const count = own.select(set, 4711, live, out);
    assert.equal(count, 3, fields);
    assert.deepEqual(
      [...out.subarray(0, 3)].sort(),
      [...set.slots].filter((slot) => live.isUsable(slot)),
      fields,
    );
    assert.equal(faults.length, 1, fields);
    assert.match(faults[0] ?? "", /^test own:a select (threw|returned)/);
  }
});

test("what is down is left out of a list, and nobody else comes in: a short list is the module's own business", () => {
  const set = setOf(
    algorithm("select(set, key, live, out) { out.set(set.slots.subarray(0, 2)); return 2; }"),
    [1, 1, 1],
  );
  const live = new FakeLive();
  const own = guarded(set, compileHashSlots(set.slots), () => assert.fail());
  const out = new Uint16Array(16);
  assert.equal(own.select(set, 0, live, out), 2);
  live.states[set.slots[0]!] = DestinationState.inactive;
  assert.equal(own.select(set, 0, live, out), 1);
  assert.equal(out[0], set.slots[1]);
});

test("without a key chance spreads the calls of a module that fails; with one, each key keeps its destination", () => {
  const out = new Uint16Array(1);
  const firsts = (fields: string, keyOf: (i: number) => number): number => {
    const set = setOf(algorithm(fields), [1, 1, 1, 1]);
    const own = guarded(set, compileHashSlots(set.slots), () => {});
    const live = new FakeLive(5);
    const chosen = new Set<number>();
    for (let i = 0; i < 64; i++) if (own.select(set, keyOf(i), live, out) === 1) chosen.add(out[0]!);
    return chosen.size;
  };
  const fails = "select() { throw new Error('no'); }";
  assert.equal(
    firsts(fails, () => 0),
    4,
  );
  assert.equal(
    firsts(`key: "from", isPure: true, ${fails}`, () => 4711),
    1,
  );
  assert.equal(
    firsts(`key: "from", isPure: true, ${fails}`, (i) => i),
    4,
  );
});

test("a module that does not load in a worker leaves its sets with the fallback", () => {
  const own = algorithmsOf([{ name: "own:a", module: moduleText("a.mjs", "throw new Error('only here')") }]).get(
    "own:a",
  );
  assert.throws(() => own?.select(setOf(own, [1]), 0, new FakeLive(), new Uint16Array(1)), /only here/);
});

test("a worker that takes the place of one that hung asks that algorithm no more, in any set, until it is another one", () => {
  const words = new Int32Array(HANG_WORDS);
  const text = markOf("text");
  const out = new Uint16Array(2);
  const seen: number[] = [];
  const set = setOf(algorithm(FIRST), [1, 1]);
  const spy = { ...set, algorithm: { ...set.algorithm, select: (): number => seen.push(words[0]!) - seen.length } };
  guarded(spy, compileHashSlots(set.slots), () => {}, new HangWatch(words)).select(spy, 0, new FakeLive(), out);
  assert.deepEqual([seen, words[0]], [[text], 0], "the word says who is asked, and only while it is");
  words[0] = text;
  const watch = new HangWatch(words);
  const faults: string[] = [];
  for (const index of [0, 1]) {
    const one = { ...spy, index };
    const own = guarded(one, compileHashSlots(set.slots), (_set, _name, what) => faults.push(what), watch);
    assert.equal(own.select(one, 0, new FakeLive(), out), 2);
  }
  assert.equal(seen.length, 1);
  assert.match(faults.join("\n"), /^it did not come back.*\nit did not come back/);
  assert.ok(new HangWatch(words).isSuspect(text), "also after a worker has died of something else");
  assert.ok(!watch.isSuspect(markOf("another text")), "another text begins anew");
});

test("eight algorithms that hang are all remembered, and of more than that the newest", () => {
  const words = new Int32Array(HANG_WORDS);
  for (let mark = 1; mark <= 9; mark++) {
    words[0] = mark;
    const watch = new HangWatch(words);
    for (let other = 1; other <= 9; other++)
      assert.equal(watch.isSuspect(other), other <= mark && other > mark - 8, `${other} after ${mark}`);
  }
});
