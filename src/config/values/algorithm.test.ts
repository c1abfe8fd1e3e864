import assert from "node:assert/strict";
import { test } from "node:test";
import { algorithmByName } from "../../dispatch/algorithms/index.ts";
import { fakeIo, NO_OPTIONS } from "../io-fake.ts";
import { readConfiguration } from "../open.ts";
import { formatProblem } from "../problem.ts";
import { ALGORITHM_NAMES } from "./algorithm.ts";

function read(set: string) {
  const text = `listeners: [udp://127.0.0.1:5060]\nsets:\n  media:\n    destinations: [sip:127.0.0.2]\n${set}`;
  const { config, problems } = readConfiguration(["/f.yaml"], NO_OPTIONS, fakeIo({ "/f.yaml": text }));
  return { config, lines: problems.filter(({ severity }) => severity === "error").map(formatProblem) };
}

test("every algorithm of the reference page can be written into a set", () => {
  for (const name of ALGORITHM_NAMES) {
    const key = algorithmByName(name)?.needsKey === true ? "    key: from\n" : "";
    const { config, lines } = read(`    algorithm: "${name}"\n${key}`);
    assert.deepEqual(lines, [], name);
    assert.equal(config?.sets[0]?.algorithm, name);
  }
});

test("what is mistyped is answered with what would be right", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["9", /f\.yaml:5:16: error: algorithm 9 of which product\? \("kamailio:9", "opensips:9", or ours: weighted\)/],
    ["kamailio:99", /there is no algorithm "kamailio:99" \(kamailio: and one of 0, 1, 2, 3, 4/],
    ["Kamailio:4", /there is no algorithm "Kamailio:4" \(kamailio: and one of/],
    ["opensips:11", /there is no algorithm "opensips:11" \(opensips: and one of 0, 1, .*, 8, 9, 10\)/],
    ["wieghted", /unknown algorithm "wieghted" \(did you mean "weighted"\? one of round-robin/],
    ["[]", /"algorithm"/],
  ];
  for (const [written, expected] of cases) assert.match(read(`    algorithm: ${written}\n`).lines.join("\n"), expected);
});

test("use_default belongs to the algorithms of others; order follows the product unless it is written", () => {
  assert.match(
    read("    use_default: true\n").lines.join(),
    /f\.yaml:5:\d+: error: use_default is for algorithms of Kamailio and OpenSIPS, not for round-robin \(weight: 0/,
  );
  const set = (text: string) => read(text).config?.sets[0];
  assert.equal(set('    algorithm: "kamailio:8"\n    use_default: true\n')?.useDefault, true);
  assert.equal(set('    algorithm: "kamailio:8"\n')?.order, "kamailio");
  assert.equal(set('    algorithm: "kamailio:8"\n    order: written\n')?.order, "written");
  assert.equal(set('    algorithm: "opensips:8"\n')?.order, "written");
});

test("load_bound belongs to the algorithms with bounded loads, and is above 1", () => {
  assert.equal(read("    algorithm: rendezvous-hash\n    load_bound: 2\n").config?.sets[0]?.loadBound, 2);
  assert.match(
    read("    load_bound: 2\n").lines.join(),
    /f\.yaml:5:17: error: round-robin has no bound on calls \(algorithm: consistent-hash-bounded, or rendezvous-hash\)/,
  );
  assert.match(read("    algorithm: rendezvous-hash\n    load_bound: 1\n").lines.join(), /f\.yaml:6:17: error: /);
});
