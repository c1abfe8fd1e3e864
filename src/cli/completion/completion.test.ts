import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { Command } from "commander";
import { COMMANDS } from "../index.ts";
import { bashScript } from "./bash.ts";
import { fishScript } from "./fish.ts";
import { placesOf } from "./place.ts";
import { zshScript } from "./zsh.ts";

const program = new Command("fairlead");
for (const command of COMMANDS) command.register(program);
const places = placesOf(program);

/** What bash offers for the last of the words. */
function offered(...words: readonly string[]): string[] {
  const line = words.map((word) => `'${word}'`).join(" ");
  const script = `${bashScript(places)}
    COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _fairlead; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const text = execFileSync("bash", ["--norc", "--noprofile", "-c", script], {
    encoding: "utf8",
    cwd: import.meta.dirname,
  });
  return text.split("\n").filter((word) => word !== "");
}

function whyNot(shell: string): string | false {
  return spawnSync(shell, ["-c", "true"]).status === 0 ? false : `${shell} is not installed`;
}

describe("completion in bash", { skip: whyNot("bash") }, () => {
  it("knows every command, those below it, and their options", () => {
    assert.deepEqual(offered("fairlead", "dest"), ["destinations"]);
    assert.deepEqual(offered("fairlead", "destinations", "d"), ["disable", "drain"]);
    assert.deepEqual(offered("fairlead", "destinations", "drain", "media1", "--rea"), ["--reason"]);
    for (const { path } of places.slice(1)) {
      const words = path.split(" ");
      assert.ok(offered(...words).includes(words.at(-1) ?? ""), path);
    }
  });

  it("knows what may be said behind an option, and where files belong", () => {
    assert.deepEqual(offered("fairlead", "sets", "ls", "--output", ""), ["table", "json", "yaml"]);
    assert.deepEqual(offered("fairlead", "completion", "f"), ["fish"]);
    assert.deepEqual(offered("fairlead", "check", "bas"), ["bash.ts"]);
    assert.deepEqual(offered("fairlead", "sets", "bas"), []);
  });
});

for (const [shell, script] of [
  ["zsh", zshScript],
  ["fish", fishScript],
] as const) {
  it(`${shell} reads its script without an error`, { skip: whyNot(shell) }, () => {
    const { status, stderr } = spawnSync(shell, ["-n"], { input: script(places), encoding: "utf8" });
    assert.deepEqual([status, stderr], [0, ""]);
  });
}
