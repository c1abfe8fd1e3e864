// The quick start of the README, typed as it stands there.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { LbProcess } from "../kit/lb-process.ts";
import { Neighbourhood } from "./golden-calls.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The blocks of the section, in order. */
function blocks(): { readonly kind: string; readonly text: string }[] {
  const [, section = ""] = /^## Quick start$([\s\S]*?)^## /m.exec(readFileSync(`${ROOT}README.md`, "utf8")) ?? [];
  return [...section.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, kind = "", text = ""]) => ({ kind, text }));
}

function commandsOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.replace(/\s+#.*/, ""))
    .filter((line) => line !== "");
}

test("the quick start of the README does what it says, to the table of destinations", {
  timeout: 120_000,
}, async () => {
  const [list, run, commands, yaml] = blocks();
  const here = await Neighbourhood.find();
  const folder = mkdtempSync(join(tmpdir(), "fairlead-readme-"));
  // Addresses of its own instead of the usual ports, which somebody may have.
  const moved = (text: string) =>
    text.replaceAll("0.0.0.0:5060", `${here.prefix}1:5060`).replaceAll("127.0.0.1:5080", `${here.prefix}1:5080`);
  const sh = (line: string) =>
    promisify(execFile)("sh", ["-c", moved(line).replaceAll("bin/fairlead", `${ROOT}bin/fairlead`)], { cwd: folder });
  const running: LbProcess[] = [];
  const start = async (line: string) => {
    const balancer = new LbProcess(moved(line).split(" ").slice(1), {}, folder);
    running.push(balancer);
    await balancer.ready();
    return balancer;
  };
  try {
    writeFileSync(join(folder, "dispatcher.list"), list?.text ?? "");
    const first = await start(commandsOf(run?.text ?? "")[0] ?? "");
    await first.stop();
    assert.equal(first.complaint(), "");
    const [imports = "", checks = "", runs = "", looks = ""] = commandsOf(commands?.text ?? "");
    await sh(imports);
    const file = join(folder, "fairlead.yaml");
    writeFileSync(file, moved(readFileSync(file, "utf8")));
    await sh(checks);
    await start(runs);
    const { stdout } = await sh(`FAIRLEAD_ADMIN=http://127.0.0.1:5080 ${looks}`);
    assert.match(stdout, /^1 +sip:10\.0\.0\.11:5060 +active/m);
    assert.match(stdout, /^1 +sip:10\.0\.0\.12:5060 +active/m);
    writeFileSync(join(folder, "own.yaml"), yaml?.text ?? "");
    await sh("bin/fairlead check own.yaml");
  } finally {
    for (const one of running) await one.stop();
    rmSync(folder, { recursive: true, force: true });
    here.release();
  }
});
