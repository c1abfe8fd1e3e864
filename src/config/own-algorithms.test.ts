import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeIo, NO_OPTIONS } from "./io-fake.ts";
import { readConfiguration } from "./open.ts";
import { formatProblem } from "./problem.ts";
import { written } from "./written.ts";

const GOOD = `export const algorithm = {summary: "First.", key: "from", select(set, _key, live, out) {
  let n = 0;
  for (let i = 0; i < set.slots.length && n < out.length; i++) if (live.isUsable(set.slots[i])) out[n++] = set.slots[i];
  return n;
}};`;

function read(module: string, set = "", algorithm = '"own:mine"') {
  const text = `listeners: [udp://127.0.0.1:5060]
algorithms:
  mine: ./mine.mjs
sets:
  media:
    destinations: [sip:127.0.0.2]
    algorithm: ${algorithm}
${set}keys: ["0123456789abcdef"]
`;
  const { config, problems } = readConfiguration(
    ["/etc/f.yaml"],
    NO_OPTIONS,
    fakeIo({ "/etc/f.yaml": text, "/etc/mine.mjs": module }),
  );
  return { config, lines: problems.map(formatProblem).join("\n") };
}

test("a set goes by a module that lies beside the configuration, and is written down as it was", () => {
  const { config, lines } = read(GOOD, "    key: to\n");
  assert.equal(lines, "");
  assert.deepEqual([config?.sets[0]?.algorithm, config?.algorithms[0]?.algorithm.summary], ["own:mine", "First."]);
  assert.deepEqual(written(config!).algorithms, { mine: "./mine.mjs" });
});

test("a module that cannot be loaded, throws or never comes back refuses the configuration, with both places", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["export const algorithm = {\n  summary: ,\n};", /^\/etc\/f\.yaml:3:9: error: \.\/mine\.mjs:2:12: SyntaxError: /m],
    [
      GOOD.replace("let n = 0;", "let n = set.none.length;"),
      /^\/etc\/f\.yaml:3:9: error: \.\/mine\.mjs:2:20: TypeError: .* \(tried: offers every usable/m,
    ],
    [GOOD.replace("let n = 0;", "for (;;);"), /error: \.\/mine\.mjs: it does not come back within 1000 ms/],
    ["", /error: \.\/mine\.mjs: it exports no `algorithm`/],
  ];
  for (const [module, expected] of cases) {
    const { config, lines } = read(module);
    assert.equal(config, undefined, module);
    assert.match(lines, expected);
  }
});

test("a module that offers too few is warned of, and taken", () => {
  const { config, lines } = read(GOOD.replace("n < out.length", "n < 1"));
  assert.ok(config !== undefined);
  assert.match(
    lines,
    /^\/etc\/f\.yaml:3:9: warning: \.\/mine\.mjs breaks a promise of algorithms \(offers every usable/m,
  );
});

test("a name that `algorithms` has not, and a file that is not there, are told with their place", () => {
  assert.match(
    read(GOOD, "", '"own:mien"').lines,
    /^\/etc\/f\.yaml:7:16: error: `algorithms` has no own:mien \(did you mean "own:mine"\?\)/m,
  );
  const text =
    "listeners: [udp://127.0.0.1:5060]\nalgorithms: {a: none.ts}\nsets: {1: {algorithm: 'own:a', destinations: [sip:127.0.0.2]}}\n";
  const { problems } = readConfiguration(["/f.yaml"], NO_OPTIONS, fakeIo({ "/f.yaml": text }));
  assert.match(problems.map(formatProblem).join("\n"), /^\/f\.yaml:2:17: error: file none\.ts cannot be read: ENOENT/m);
});

test("a key or a bound that the module does not look at is a warning with its place", () => {
  const { lines } = read(GOOD.replace('"from"', '"none"'), "    key: to\n    load_bound: 1.5\n");
  assert.match(lines, /^\/etc\/f\.yaml:8:10: warning: own:mine does not look at a key \(/m);
  assert.match(lines, /^\/etc\/f\.yaml:9:17: warning: own:mine has no bound on calls \(/m);
  assert.equal(read(GOOD, "    key: to\n").lines, "");
});
