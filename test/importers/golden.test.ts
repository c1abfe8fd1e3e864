// Golden files: a foreign configuration, and the fairlead.yaml that `fairlead import` makes of it. GOLDEN=write writes them.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { NO_OPTIONS } from "../../src/config/io-fake.ts";
import { type ReadOptions, readConfiguration, translate } from "../../src/config/open.ts";
import { formatProblem } from "../../src/config/problem.ts";

const FOLDER = fileURLToPath(new URL("dispatcher-list/", import.meta.url));
const CASES: readonly (readonly [name: string, file: string, options: Partial<ReadOptions>])[] = [
  ["documented", "documented.list", { listen: ["udp://127.0.0.1:5060"] }],
  [
    "documented-set-2-by-number",
    "documented.list",
    { listen: ["udp://127.0.0.1:5060"], set: "2", algorithm: "0", probe: "10s" },
  ],
  ["columns", "columns.list", { listen: ["udp://0.0.0.0:5060"], algorithm: "9" }],
  ["sockets", "sockets.list", { algorithm: "9" }],
];

const io = {
  readFile: (path: string) => readFileSync(path, "utf8"),
  environment: () => undefined,
  now: () => 0,
  cores: 0,
};

describe("fairlead import", () => {
  for (const [name, file, some] of CASES) {
    it(`${name}: the same configuration as fairlead.yaml, and every remark`, () => {
      const options = { ...NO_OPTIONS, ...some };
      const { yaml, problems } = translate(FOLDER + file, options, io);
      assert.ok(yaml !== undefined, problems.map(formatProblem).join("\n"));
      const remarks = problems.map((problem) => `# ${formatProblem(problem).replace(FOLDER, "")}\n`).join("");
      const golden = `${FOLDER}${name}.yaml`;
      if (process.env.GOLDEN === "write") writeFileSync(golden, yaml + remarks);
      assert.equal(yaml + remarks, readFileSync(golden, "utf8"));
      const direct = readConfiguration([FOLDER + file], options, io).config;
      assert.ok(direct);
      assert.deepEqual(readConfiguration([golden], NO_OPTIONS, io).config, direct);
    });
  }
});
