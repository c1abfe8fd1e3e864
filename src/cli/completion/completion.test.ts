import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

/** Calls `use` with the path of a file that holds the script. */
function withFile<T>(script: string, use: (path: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), "fairlead-completion-"));
  try {
    const path = join(directory, "script");
    writeFileSync(path, script);
    return use(path);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

it("zsh reads its script without an error", { skip: whyNot("zsh") }, () => {
  const { status, stderr } = withFile(zshScript(places), (path) =>
    spawnSync("zsh", ["-n", path], { encoding: "utf8" }),
  );
  assert.deepEqual([status, stderr], [0, ""]);
});

it("fish offers commands, those below them, and what may be said behind an option", { skip: whyNot("fish") }, () => {
  const lines = ["fairlead dest", "fairlead destinations d", "fairlead sets ls --output ", "fairlead completion f"];
  const asked = lines.map((line) => `complete -C '${line}'; echo .`).join("; ");
  const text = withFile(fishScript(places), (path) =>
    execFileSync("fish", ["--no-config", "-c", `source ${path}; ${asked}`], { encoding: "utf8" }),
  );
  const words = text.split("\n").map((line) => line.split("\t")[0]);
  assert.deepEqual(words, [
    "destinations",
    ".",
    "disable",
    "drain",
    ".",
    "json",
    "table",
    "yaml",
    ".",
    "fish",
    ".",
    "",
  ]);
});
