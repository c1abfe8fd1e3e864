// What a body of the admin API or a row of a table may try: it costs no time, and makes no line of its own.
import assert from "node:assert/strict";
import { it } from "node:test";
import { fakeIo } from "./io-fake.ts";
import { loadYaml } from "./load.ts";
import { formatProblem } from "./problem.ts";

const GOOD = 'listeners: ["udp://127.0.0.1:5060"]\nsets:\n  media: {destinations: ["sip:10.0.0.1"]}\n';

it("very many unknown keys take no time worth speaking of, and the first hundred mistakes are told", () => {
  const keys = Array.from({ length: 30_000 }, (_, i) => `k${i}: 1`).join("\n");
  const begin = performance.now();
  const { problems } = loadYaml(`${GOOD}${keys}\n`, "f.yaml", fakeIo());
  const took = performance.now() - begin;
  assert.equal(problems.length, 101);
  assert.ok(problems.some(({ what }) => what === "very many mistakes: the first 100 are told"));
  // Minutes when each key is compared with all others, and with what it may have meant.
  assert.ok(took < 8_000, `${took} ms`);
});

it("a name is one line of text, and so is a problem, whatever it quotes", () => {
  const text = GOOD.replace(/"sip:[^"]*"/, '{uri: "sip:10.0.0.1", name: "x\\u0000\\e[31m"}');
  assert.notEqual(text, GOOD);
  const found = loadYaml(text, "f.yaml", fakeIo()).problems.map(formatProblem);
  assert.ok(
    found.some((line) => line.endsWith("error: a name has no control characters")),
    found.join(),
  );
  const problem = { file: "f", line: 0, column: 0, severity: "warning", what: "a\r\nb", hint: "" } as const;
  assert.equal(formatProblem(problem), "f: warning: a\\u000d\\u000ab");
});
