import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const EXAMPLE = fileURLToPath(new URL("../../test/importers/dispatcher-list/documented.yaml", import.meta.url));
/** Loaded before the program: says on standard error, when the process ends, which modules were. */
const WATCH = `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from "node:fs";
  import { registerHooks } from "node:module";
  const loaded = [];
  registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
  process.on("exit", () => writeSync(2, "\\nloaded " + JSON.stringify(loaded) + "\\n"));
`)}`;

/** The packages and the layers of which a command has loaded something, in alphabetical order. */
function loadedBy(...args: readonly string[]): { packages: string[]; layers: string[] } {
  const { stderr } = spawnSync(process.execPath, ["--import", WATCH, MAIN, ...args], { encoding: "utf8" });
  const list = /^loaded (.*)$/m.exec(stderr)?.[1];
  assert.ok(list !== undefined, stderr);
  const urls = JSON.parse(list) as readonly string[];
  const named = (pattern: RegExp) => new Set(urls.map((url) => pattern.exec(url)?.[1] ?? "").filter((name) => name));
  return {
    packages: [...named(/\/node_modules\/((?:@[^/]+\/)?[^/]+)\//)].sort(),
    layers: [...named(/\/src\/([^/.]+)\//)].sort(),
  };
}

describe("no command waits for what only others need", () => {
  for (const args of [["--version"], ["--help"], ["destinations", "set", "--help"], ["completion", "bash"]]) {
    it(`${args.join(" ")} loads the command line alone`, () => {
      assert.deepEqual(loadedBy(...args), { packages: ["commander"], layers: ["admin", "cli", "config"] });
    });
  }

  it("commands for the running instance load the API's client, and YAML where it is asked for", () => {
    // Nobody listens on port 1.
    const admin = ["--admin", "http://127.0.0.1:1"];
    for (const command of [["sets"], ["destinations", "ls"], ["calls"], ["reload"], ["rpc", "which"]]) {
      const { packages, layers } = loadedBy(...command, ...admin);
      assert.deepEqual([packages, layers], [["commander"], ["admin", "cli", "config"]], command.join(" "));
    }
    assert.deepEqual(loadedBy("sets", "put", "media", MAIN, ...admin).packages, ["commander", "yaml"]);
  });

  it("check loads what reads configurations, and nothing of what runs them", () => {
    const { packages, layers } = loadedBy("check", "--no-dns", "--no-sources", EXAMPLE);
    assert.deepEqual(
      [packages.includes("zod"), packages.includes("fastify"), layers.includes("proxy")],
      [true, false, false],
    );
  });
});
