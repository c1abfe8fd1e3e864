import assert from "node:assert/strict";
import { it } from "node:test";
import { fakeIo } from "./io-fake.ts";
import { loadYaml } from "./load.ts";
import { formatProblem } from "./problem.ts";

it("listeners of the file that the command line takes the place of are told, those that it names as well are not", () => {
  const text = [
    "sets: {a: {destinations: [sip:127.0.0.1:5070]}}",
    "listeners:",
    "  - udp://127.0.0.1:5060",
    "  - tcp://127.0.0.1:5060",
    "  - {uri: udp://127.0.0.1:5062, allow: [10.0.0.0/8]}",
  ].join("\n");
  const given = (...listeners: string[]) => loadYaml(text, "f.yaml", fakeIo(), { listeners });
  const { config, problems } = given("udp://127.0.0.1:5060", "udp://127.0.0.1:5062");
  assert.deepEqual(
    config?.listeners.map(({ name }) => name),
    ["udp://127.0.0.1:5060", "udp://127.0.0.1:5062"],
  );
  assert.deepEqual(problems.map(formatProblem), [
    "f.yaml:3:3: warning: --listen takes the place of all listeners of the file; not used: tcp://127.0.0.1:5060, udp://127.0.0.1:5062 (allow) (run without --listen, or with a --listen for each)",
  ]);
  const same = loadYaml(text.replace(/\n.*allow.*/, ""), "f.yaml", fakeIo(), {
    listeners: ["udp://127.0.0.1:5060", "tcp://127.0.0.1:5060"],
  });
  assert.deepEqual(same.problems, []);
});
