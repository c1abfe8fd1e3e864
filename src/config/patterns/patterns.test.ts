// Patterns against JavaScript's own regular expressions, which decide the same language in another way.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fc, runs } from "../../../test/kit/property.ts";
import { type Automaton, accepts } from "../../dispatch/automaton.ts";
import { matchGroups, notes } from "../../dispatch/translation.ts";
import { automatonOf, automatonOfTexts } from "./automaton.ts";
import { PatternFault, parsePattern } from "./syntax.ts";
import { translationOf } from "./translation.ts";

const compiled = (pattern: string): Automaton => automatonOf(parsePattern(pattern));

function decides(automaton: Automaton, text: string): boolean {
  const bytes = Buffer.from(text, "utf8");
  return accepts(automaton, bytes, 0, bytes.length);
}

const NUMBERS = [
  "",
  "0",
  "00491234",
  "0049",
  "00490123",
  "004912345",
  "+4930123",
  "112",
  "110x",
  "alice",
  "Alice",
  "a.b",
  "a-b",
  "\t",
  "0049 123",
];
const PATTERNS = [
  "^0049[1-9]\\d{3,}$",
  "^(?:112|110)$",
  "^\\+?49",
  "[a-c]{2,3}",
  "^[^0-9]+$",
  "^$",
  "$",
  "^",
  "a|b|",
  "x?y*z+",
  "^(0+)([1-9]\\d*)$",
  "\\.|-",
  "^\\w+\\s\\d*$",
  "(?i)^ALICE$",
  "a^b",
  "b$a",
  "(^a|b$)",
  "[]a]",
  "[a-]$",
  "^.{3}$",
  "^(?:a{0,2}b?){1,2}$",
];

test("a pattern matches what the regular expression of the same letters matches", () => {
  for (const pattern of PATTERNS) {
    const automaton = compiled(pattern);
    // JavaScript reads "[]" as an empty set; POSIX and PCRE, whose users come here, as one that begins with "]".
    const oracle = pattern.startsWith("(?i)")
      ? new RegExp(pattern.slice(4), "is")
      : new RegExp(pattern.replace("[]", "[\\]"), "s");
    for (const text of NUMBERS)
      assert.equal(decides(automaton, text), oracle.test(text), `${pattern} on ${JSON.stringify(text)}`);
  }
});

const atom = fc.constantFrom("a", "b", "0", "1", ".", "\\d", "[ab]", "[^a]", "[0-1b]", "\\w");
const quantifier = fc.constantFrom("", "", "*", "+", "?", "{2}", "{1,}", "{0,2}");
const { pattern: anyPattern } = fc.letrec<{ pattern: string; unit: string }>((tie) => ({
  unit: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.tuple(atom, quantifier).map((parts) => parts.join("")),
    fc.tuple(tie("pattern"), quantifier).map(([inner, count]) => `(?:${inner})${count}`),
  ),
  pattern: fc
    .tuple(
      fc.constantFrom("", "", "^"),
      fc.array(tie("unit"), { minLength: 1, maxLength: 3 }),
      fc.constantFrom("", "", "$", "|b"),
    )
    .map(([front, units, back]) => front + units.join("") + back),
}));

test("generated patterns decide generated texts as JavaScript does", () => {
  const texts = fc.array(fc.stringMatching(/^[ab01x]{0,8}$/), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(anyPattern, texts, (pattern, all) => {
      let automaton: Automaton;
      try {
        automaton = compiled(pattern);
      } catch (fault) {
        return assert.ok(fault instanceof PatternFault, String(fault));
      }
      const oracle = new RegExp(pattern, "s");
      for (const text of all) assert.equal(decides(automaton, text), oracle.test(text), `${pattern} on ${text}`);
    }),
    { numRuns: runs(300) },
  );
});

test("a list of texts accepts those, or whatever begins with one", () => {
  const whole = automatonOfTexts(["112", "110", "1"], false);
  const front = automatonOfTexts(["0049", "0041"], true);
  for (const [text, isWhole, isFront] of [
    ["112", true, false],
    ["1", true, false],
    ["11", false, false],
    ["1120", false, false],
    ["0049", false, true],
    ["00413", false, true],
    ["004", false, false],
    ["", false, false],
  ] as const) {
    assert.deepEqual([decides(whole, text), decides(front, text)], [isWhole, isFront], text);
  }
  const many = Array.from({ length: 10_000 }, (_, i) => `00${i}`);
  assert.ok(decides(automatonOfTexts(many, true), "009999123"));
});

test("what is not supported is refused by name and place", () => {
  for (const [pattern, message] of [
    ["(?=a)", /only \(\?:…\).*character 1 /],
    ["ab\\1", /"\\1" in a pattern.*character 3 /],
    ["\\bword", /"\\b" is not supported.*character 1 /],
    ["a+?", /two repetitions in a row.*character 3 /],
    ["a(b", /"\(" without "\)".*character 2 /],
    ["ab)", /"\)" without "\(".*character 3 /],
    ["[a", /"\[" without "\]".*character 1 /],
    ["[z-a]", /a range that goes backwards/],
    ["[[:digit:]]", /\[:name:\] is not supported/],
    ["*a", /"\*" repeats nothing.*character 1 /],
    ["a{300}", /counts go up to 255/],
    ["a{3,2}", /counts backwards/],
    ["a{x", /"\{" without a count/],
    ["a\\", /a backslash at the end/],
    ["^*", /an anchor cannot be repeated/],
    ["(?:(?:a{200}){200})", /more than 1000 steps/],
    ["(?:a|b)*a(?:a|b){14}", /more than 1000 states|too intricate/],
  ] as const) {
    assert.throws(() => compiled(pattern), message, pattern);
  }
});

test("nothing, repeated as often as counts can say, is nothing, and takes no time", () => {
  for (const nothing of ["(?:)", "(?:a{0})", "(?:(?:){0,0})"]) {
    const pattern = `^a${"(?:".repeat(12)}${nothing}${"{255})".repeat(12)}b$`;
    // A child that can be killed: what this is about would otherwise never come back.
    const program = `import { programOf } from "./program.ts"; import { parsePattern } from "./syntax.ts"; programOf(parsePattern(process.argv[1]));`;
    const { status } = spawnSync(process.execPath, ["--input-type=module", "--eval", program, pattern], {
      cwd: import.meta.dirname,
      timeout: 60_000,
      stdio: "ignore",
    });
    assert.equal(status, 0, pattern);
    const automaton = compiled(pattern);
    assert.deepEqual([decides(automaton, "ab"), decides(automaton, "aab")], [true, false], pattern);
  }
});

/** What the groups of a pattern have matched, as JavaScript says it. */
function groupsOf(pattern: string, text: string): (string | undefined)[] | null {
  const bytes = Buffer.from(text, "latin1");
  if (!matchGroups(translationOf(pattern, "x"), bytes, 0, bytes.length)) return null;
  const count = [...pattern.matchAll(/\\.|\((?!\?)/g)].filter(([one]) => one === "(").length + 1;
  return Array.from({ length: count }, (_, i) =>
    notes[i * 2]! < 0 ? undefined : text.slice(notes[i * 2], notes[i * 2 + 1]),
  );
}

test("groups of a translation hold what those of the regular expression hold", () => {
  const patterns = [
    "^00([1-9]\\d*)$",
    "(a|ab)(b?)",
    "^(0+)(\\d+)$",
    "^(\\d{2})(\\d{0,3})(.*)$",
    "(x)?y",
    "^(?:00|\\+)(\\d+)$",
  ];
  for (const pattern of patterns)
    for (const text of [...NUMBERS, "ab", "abb", "xy", "y", "+49123", "0012345678"]) {
      const wanted = new RegExp(pattern, "s").exec(text);
      assert.deepEqual(groupsOf(pattern, text), wanted === null ? null : [...wanted], `${pattern} on ${text}`);
    }
});

test("generated translations find what JavaScript finds, where it is first", () => {
  fc.assert(
    fc.property(anyPattern, fc.stringMatching(/^[ab01]{0,8}$/), (pattern, text) => {
      let found: (string | undefined)[] | null;
      try {
        found = groupsOf(pattern, text);
      } catch (fault) {
        return assert.ok(fault instanceof PatternFault, String(fault));
      }
      const wanted = new RegExp(pattern, "s").exec(text);
      // An empty repetition is tried another way there: only whether it matches, and where, is the same.
      assert.deepEqual(found?.[0], wanted?.[0], `${pattern} on ${text}`);
    }),
    { numRuns: runs(300) },
  );
});

test("a translation asks for no group that is not there, and for no more than fit", () => {
  assert.throws(() => translationOf("^(a)", "\\2"), /"\\2" has \\2, and the pattern has 1 groups/);
  assert.throws(() => translationOf("(a)".repeat(10), "x"), /at most 9 groups/);
  assert.throws(() => translationOf("a{255}", "x"), /may take 250 steps/);
});
