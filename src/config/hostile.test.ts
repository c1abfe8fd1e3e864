// What a body of the admin API or a row of a table may try: it costs no time, and makes no line of its own.
import assert from "node:assert/strict";
import { it } from "node:test";
import { fakeIo } from "./io-fake.ts";
import { loadYaml } from "./load.ts";
import { formatProblem } from "./problem.ts";

const GOOD = 'listeners: ["udp://127.0.0.1:5060"]\nsets:\n  media: {destinations: ["sip:10.0.0.1"]}\n';

it("very many unknown keys take no time worth speaking of, and the first hundred mistakes are told", () => {
  const keys = Array.from({ length: 30_000 }, (_, i) => `k${i}: 1`).join("\n");
  const begin = process.cpuUsage();
  const { problems } = loadYaml(`${GOOD}${keys}\n`, "f.yaml", fakeIo());
  const { user, system } = process.cpuUsage(begin);
  const took = (user + system) / 1000;
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
  const listener = GOOD.replace('["udp://127.0.0.1:5060"]', '[{uri: "udp://127.0.0.1:5060", name: "a\\e[31m"}]');
  const token = `${GOOD}admin: {listen: "http://127.0.0.1:0", tokens: [{name: "a\\nb", role: viewer, token: "0123456789abcdef"}]}\n`;
  for (const [wrong, line] of [
    [listener, /^f\.yaml:1:\d+: error: "a\\u001b\[31m" is not a name/],
    [token, /^f\.yaml:4:\d+: error: "a\\nb": a name has letters, digits/],
  ] as const)
    assert.match(loadYaml(wrong, "f.yaml", fakeIo()).problems.map(formatProblem).join("\n"), line);
  const problem = { file: "f", line: 0, column: 0, severity: "warning", what: "a\r\nb", hint: "" } as const;
  assert.equal(formatProblem(problem), "f: warning: a\\u000d\\u000ab");
});

/** A configuration with these routes, and how much processor time it takes, milliseconds, to be told what is wrong with it. */
function timed(routes: readonly string[]): { took: number; lines: string[] } {
  const text = `${GOOD}routes:\n${routes.map((route) => `  - {set: media, ${route}}\n`).join("")}`;
  const begin = process.cpuUsage();
  const { problems } = loadYaml(text, "f.yaml", fakeIo());
  const { user, system } = process.cpuUsage(begin);
  return { took: (user + system) / 1000, lines: problems.map(formatProblem) };
}

it("intricate patterns cost a bounded time together, and the one that is too many is named with its place", () => {
  const { took, lines } = timed(
    Array.from({ length: 600 }, (_, i) => `match: {request-uri.user: '.{200}a.{5${i % 10}}$'}`),
  );
  const refused = lines.filter((line) => line.includes(": error: "));
  assert.match(
    refused.at(-1)!,
    /^f\.yaml:\d+:\d+: error: the patterns of all routes together are too intricate \(fewer/,
  );
  assert.match(refused[0]!, /^f\.yaml:5:\d+: error: ".*" cannot be used: the pattern has more than 1000 states/);
  // Half a minute where each pattern has an effort of its own.
  assert.ok(took < 8_000, `${took} ms`);
});

it("lists make tables of a bounded size together", () => {
  const list = Array.from(
    { length: 300 },
    (_, i) => `"${String.fromCharCode(0x4e00 + i * 61)}-${i}-${"x".repeat(90)}"`,
  );
  const { lines } = timed(Array.from({ length: 60 }, () => `match: {request-uri.user: {is: [${list.join(", ")}]}}`));
  const told = lines.filter((line) => /error: the patterns of all routes together make tables that are too/.test(line));
  assert.equal(told.length, 1, lines.slice(0, 3).join());
});

it("ten thousand patterns of the usual kind are accepted", () => {
  const { took, lines } = timed(
    Array.from({ length: 10_000 }, (_, i) => `match: {request-uri.user: '^00${i + 10_000}\\d{3,12}$'}`),
  );
  assert.deepEqual(lines, []);
  assert.ok(took < 20_000, `${took} ms`);
});

it("routes that are compared with each other by their sources cost a bounded time", () => {
  const source = Array.from({ length: 20 }, (_, i) => `10.${i}.0.1`).join(", ");
  const { took } = timed(Array.from({ length: 400 }, (_, i) => `source: [${source}, 11.0.${i >> 8}.${i & 255}]`));
  // More than a minute where each is compared with each.
  assert.ok(took < 8_000, `${took} ms`);
});
