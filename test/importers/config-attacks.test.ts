// Files that are wrong or hostile: each is refused with its place, at once, without a look at another file or the network.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { NO_OPTIONS } from "../../src/config/io-fake.ts";
import { readConfiguration } from "../../src/config/open.ts";
import { formatProblem } from "../../src/config/problem.ts";
import { processorTime } from "../kit/processor-time.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = resolve(root, process.env.FAIRLEAD_CORPORA ?? "../shared/corpora", "config-attacks");
const skip = existsSync(folder) ? false : `no corpora at ${folder}`;
const options = { ...NO_OPTIONS, listen: ["udp://127.0.0.1:5060"] };

function read(file: string) {
  const opened: string[] = [];
  const io = {
    readFile(path: string) {
      opened.push(path);
      return readFileSync(path, "utf8");
    },
    environment: () => undefined,
    now: () => 0,
    cores: 0,
  };
  const began = processorTime();
  const { config, problems } = readConfiguration([join(folder, file)], options, io);
  assert.deepEqual(opened, [join(folder, file)]);
  assert.ok(processorTime() - began < 1_000);
  return { config, problems, lines: problems.map((problem) => formatProblem(problem).slice(folder.length + 1)) };
}

describe("config-attacks", { skip }, () => {
  it("dispatcher-ok.list is accepted", () => {
    const { config } = read("dispatcher-ok.list");
    assert.deepEqual(
      config?.sets.map((set) => [set.name, set.destinations.length]),
      [
        ["1", 2],
        ["2", 2],
      ],
    );
    assert.deepEqual(config?.routes[0]?.action, { kind: "dispatch", set: "1" });
  });

  it("dispatcher-bad.list is refused as a whole, every bad line with its number", () => {
    const { config, problems, lines } = read("dispatcher-bad.list");
    assert.equal(config, undefined);
    assert.deepEqual(
      [...new Set(problems.map((problem) => problem.line))].filter((line) => line > 0).sort(),
      [3, 4, 6, 7, 8],
      lines.join("\n"),
    );
    assert.ok(lines.some((line) => line.startsWith("dispatcher-bad.list:8:1: error:")));
  });

  it("every other file is refused with a place", () => {
    for (const file of skip === false ? readdirSync(folder) : []) {
      if (!/\.(xml|properties)$/.test(file)) continue;
      const { config, lines } = read(file);
      assert.equal(config, undefined, file);
      assert.match(lines[0] ?? "", /^[^:]+:\d+:\d+: error: /);
    }
  });
});
