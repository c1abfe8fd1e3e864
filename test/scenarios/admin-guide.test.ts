// The examples of docs/guide/admin-api.md, as they stand there, with another port.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { configOf } from "../../src/control/testing/config.ts";
import { LbProcess } from "../kit/lb-process.ts";
import { reservePort } from "../kit/port.ts";

const GUIDE = new URL("../../docs/guide/admin-api.md", import.meta.url);

interface Block {
  readonly language: string;
  readonly text: string;
}

const blocks = [...readFileSync(GUIDE, "utf8").matchAll(/^```(yaml|sh|json)\n(.*?)^```$/gms)].map(
  ([, language = "", text = ""]): Block => ({ language, text }),
);
const hasTools = ["curl", "jq", "bash"].every((tool) => spawnSync(tool, ["--version"]).status === 0);

/** Everything that is shown is there; what is not shown may be there, too. */
function holds(actual: unknown, shown: unknown, where: string): void {
  if (Array.isArray(shown)) {
    assert.ok(Array.isArray(actual) && actual.length === shown.length, `${where}: ${JSON.stringify(actual)}`);
    for (const [at, each] of shown.entries()) holds(actual[at], each, `${where}[${at}]`);
  } else if (typeof shown === "object" && shown !== null) {
    assert.ok(typeof actual === "object" && actual !== null, `${where}: ${JSON.stringify(actual)}`);
    for (const [key, value] of Object.entries(shown)) holds(Reflect.get(actual, key), value, `${where}.${key}`);
  } else assert.deepEqual(actual, shown, where);
}

test("the guide's curl examples answer what it says", {
  skip: hasTools ? false : "curl or jq is not installed",
}, async () => {
  const [sip, admin] = [await reservePort(), await reservePort()];
  const moved = (text: string) => text.replaceAll(":5060", `:${sip.port}`).replaceAll(":5080", `:${admin.port}`);
  const folder = mkdtempSync(join(tmpdir(), "fairlead-guide-"));
  const yaml = blocks.filter(({ language }) => language === "yaml").map(({ text }) => text);
  assert.equal(yaml.length, 2);
  writeFileSync(join(folder, "fairlead.yaml"), `# Ours.\n${moved(yaml[0] ?? "")}`);
  for (const name of ["alice", "wallboard"]) writeFileSync(join(folder, `${name}.token`), `the-token-of-${name}-01`);
  const process_ = new LbProcess(["run", join(folder, "fairlead.yaml")]);
  try {
    await process_.ready();
    let before = "";
    let compared = 0;
    for (const [at, { language, text }] of blocks.entries()) {
      if (language !== "sh") continue;
      // What earlier blocks have set is set; what they have done is done.
      const { stdout, stderr, status } = spawnSync(
        "bash",
        ["-euc", `exec 3>&1 1>/dev/null\n${before}\nexec 1>&3\n${moved(text)}`],
        {
          cwd: folder,
          encoding: "utf8",
          timeout: 20_000,
        },
      );
      assert.equal(status, 0, `${text}\n${stdout}${stderr}`);
      before += text
        .split("\n")
        .filter((line) => /^[A-Z]+=(?!\$\(sed)/.test(line))
        .map((line) => `${moved(line)}\n`)
        .join("");
      const etag = /^ETAG=/m.test(text) ? readFileSync(join(folder, "headers.txt"), "latin1") : "";
      if (etag !== "") before += `ETAG='${/^etag: (.*)\r$/im.exec(etag)?.[1] ?? ""}'\n`;
      const next = blocks[at + 1];
      if (next?.language !== "json") continue;
      holds(JSON.parse(stdout), JSON.parse(next.text), text);
      compared++;
    }
    assert.equal(compared, blocks.filter(({ language }) => language === "json").length);
    const file = readFileSync(join(folder, "fairlead.yaml"), "utf8");
    assert.match(file, /^# Ours\./);
    assert.match(file, /name: media4/);
    const { hooks } = configOf({
      listeners: ["udp://127.0.0.1:5060"],
      sets: { a: {} },
      ...(parse(
        (yaml[1] ?? "").replace("{file: /etc/fairlead/alerts.url}", "'https://alerts.example.com/'"),
      ) as object),
    });
    assert.equal(hooks.length, 2);
  } finally {
    await process_.stop();
    sip.release();
    admin.release();
    rmSync(folder, { recursive: true, force: true });
  }
});
