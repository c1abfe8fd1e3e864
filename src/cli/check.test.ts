import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it, mock } from "node:test";
import { Command } from "commander";
import { checkCommand } from "./check.ts";
import { machineAddresses } from "./configuration-io.ts";
import { importCommand } from "./import.ts";

const folder = mkdtempSync(join(tmpdir(), "fairlead-check-"));
after(() => rmSync(folder, { recursive: true }));

/** Runs a command line in this process; what it wrote, and the exit code it asked for. */
async function run(...line: string[]): Promise<{ code: unknown; out: string; err: string }> {
  const written = { out: "", err: "" };
  const out = mock.method(process.stdout, "write", (text: string) => {
    written.out += text;
    return true;
  });
  const err = mock.method(process.stderr, "write", (text: string) => {
    written.err += text;
    return true;
  });
  const before = process.exitCode;
  try {
    const program = new Command("fairlead").exitOverride();
    for (const command of [checkCommand, importCommand]) command.register(program);
    await program.parseAsync(line, { from: "user" });
    return { code: process.exitCode, ...written };
  } finally {
    out.mock.restore();
    err.mock.restore();
    process.exitCode = before;
  }
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const KEYS = 'keys: ["0123456789abcdef"]\n';
const GOOD = `listeners: ["udp://127.0.0.1:5060"]\nsets: {1: {algorithm: hash-call-id, destinations: ["sip:10.0.0.1"]}}\n${KEYS}`;

describe("fairlead check and import", () => {
  const good = file("good.yaml", GOOD);
  const bad = file("bad.yaml", 'listeners: ["udp://127.0.0.1:5060"]\nset: {}\n');
  const list = file("dispatcher.list", "1 sip:10.0.0.1\n");

  it("says nothing about a good file and exits 0", async () => {
    assert.deepEqual(await run("check", good), { code: 0, out: "", err: "" });
  });

  it("tells that this machine could not listen there, which another may", async () => {
    const elsewhere = file("elsewhere.yaml", GOOD.replace("127.0.0.1", "198.51.100.7"));
    const { code, out, err } = await run("check", elsewhere);
    assert.deepEqual([code, out], [0, ""]);
    const isAsked = machineAddresses().length > 0;
    assert.equal(err !== "", isAsked);
    if (isAsked) assert.match(err, /info: udp:\/\/198\.51\.100\.7:5060: this machine does not have the address 198/);
    else console.log("addresses that are not there may be bound to here: nothing is told of them");
  });

  it("tells that there are no keys, which is no problem for one node", async () => {
    const plain = file("plain.yaml", `${GOOD.replace(KEYS, "")}forwarding: stateless\n`);
    const { code, out, err } = await run("check", plain);
    assert.deepEqual([code, out], [0, ""]);
    assert.equal(err.split("\n").length, 2, err);
    assert.match(err, /plain\.yaml: info: no keys: .* \(keys: \["\$\{FAIRLEAD_KEY\}"\], the same on every balancer/);
    const answer = JSON.parse((await run("check", plain, "--output", "json")).out) as {
      information: { what: string }[];
    };
    assert.match(answer.information[0]?.what ?? "", /^no keys/);
  });

  it("exits 3 for a file that would not start, with place and hint on standard error", async () => {
    const { code, out, err } = await run("check", good, bad);
    assert.deepEqual([code, out], [3, ""]);
    assert.ok(err.includes(`${bad}:2:1: error: unknown key "set" (did you mean "sets"?)\n`), err);
  });

  it("writes problems as JSON", async () => {
    const { out } = await run("check", bad, "--output", "json");
    const answer = JSON.parse(out) as { valid: boolean; problems: { line: number }[] };
    assert.deepEqual([answer.valid, answer.problems[0]?.line], [false, 2]);
  });

  it("imports a dispatcher.list into a file that checks well", async () => {
    const { code, out } = await run("import", list, "--listen", "udp://127.0.0.1:5060");
    assert.equal(code, 0);
    assert.deepEqual(await run("check", file("imported.yaml", out + KEYS)), { code: 0, out: "", err: "" });
  });

  it("an option may stand before the file, and be repeated", async () => {
    const { code, out } = await run(
      "import",
      "--listen",
      "udp://127.0.0.1:5060",
      "--listen",
      "udp://127.0.0.2:5060",
      list,
    );
    assert.equal(code, 0);
    assert.match(out, /udp:\/\/127\.0\.0\.1:5060[\s\S]*udp:\/\/127\.0\.0\.2:5060/);
  });

  it("an interval of probes that is none is blamed on its option, and not on the file", async () => {
    for (const [interval, why] of [
      ["10", "expected a number and a unit: 500ms, 10s, 1m, 2h."],
      ["10ms", "expected 100ms to 1d."],
    ] as const) {
      const wanted = `error: option '--probe <interval>' argument '${interval}' is invalid. ${why}`;
      await assert.rejects(run("check", list, "--listen", "udp://127.0.0.1:5060", "--probe", interval), {
        code: "commander.invalidArgument",
        message: wanted,
      });
    }
  });

  it("exits 3 for a file that is not there", async () => {
    assert.equal((await run("check", join(folder, "none.yaml"))).code, 3);
  });
});
