import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { startAdmin } from "../admin/server.ts";
import { fakeBackend } from "../admin/testing/fake-backend.ts";
import { SILENT } from "../control/testing/silent-log.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const INVITE = ["INVITE", "sip:bob@example.com", "--source", "192.0.2.9:5060"];
const folder = mkdtempSync(join(tmpdir(), "fairlead-explain-"));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[], input = ""): Promise<Run> {
  const { FAIRLEAD_ADMIN: _, ...environment } = process.env;
  const child = spawn(process.execPath, [MAIN, "explain", ...args], { env: environment, cwd: folder });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => (stdout += chunk));
  child.stderr.on("data", (chunk) => (stderr += chunk));
  // A process that ends before it reads its input is what some of these tests are about.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
}

describe("fairlead explain on the command line", () => {
  const list = file("dispatcher.list", "1 sip:10.0.0.11:5060\n1 sip:10.0.0.12:5060\n");
  const options = ["--config", list, "--listen", "udp://10.9.9.1:5060", "--algorithm", "0"];

  it("explains a short form over a dispatcher.list, as a table, as JSON and as YAML", async () => {
    const [table, json, yaml] = await Promise.all([
      run([...INVITE, "--call-id", "x", ...options]),
      run([...INVITE, "--call-id", "x", ...options, "-o", "json"]),
      run([...INVITE, "--call-id", "x", ...options, "-o", "yaml"]),
    ]);
    assert.deepEqual([table?.code, json?.code, yaml?.code], [0, 0, 0]);
    assert.match(table?.stdout ?? "", /^key +call-id x, hash 119$/m);
    assert.match(table?.stdout ?? "", /^ +1 +sip:10\.0\.0\.1[12]:5060 .* taken +the first candidate$/m);
    assert.match(table?.stdout ?? "", /^\+ Record-Route: <sip:10\.9\.9\.1:5060;lr;fl=/m);
    assert.equal(JSON.parse(json?.stdout ?? "").key.value, 119);
    assert.match(yaml?.stdout ?? "", /^algorithm: hash-call-id$/m);
  });

  it("reads a message from standard input", async () => {
    const text =
      "OPTIONS sip:x SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\nMax-Forwards: 0\nFrom: <sip:a@b>;tag=1\nTo: <sip:x>\nCall-ID: 1\nCSeq: 1 OPTIONS\n\n";
    const { code, stdout } = await run(options, text);
    assert.equal(code, 0);
    assert.match(stdout, /^outcome +answered: 483 /m);
  });

  it("exits 2 for what it cannot read, 3 for a configuration that would not start, 4 without the instance", async () => {
    const [absent, unknown, broken, alone] = await Promise.all([
      run(["no-such-file", ...options]),
      run([...INVITE, ...options, "--listener", "seven"]),
      run([...INVITE, "--config", file("bad.yaml", "listeners: []\n")]),
      run([...INVITE, ...options, "--admin", "http://127.0.0.1:28903"]),
    ]);
    assert.deepEqual([absent?.code, unknown?.code, broken?.code, alone?.code], [2, 2, 3, 4]);
    assert.match(absent?.stderr ?? "", /cannot be read from no-such-file: ENOENT/);
    assert.deepEqual([absent?.stdout, alone?.stdout], ["", ""]);
  });

  it("takes states from the running instance", async () => {
    const { backend } = fakeBackend();
    const server = await startAdmin({ listen: "http://127.0.0.1:28904", backend, log: SILENT, faults: false });
    try {
      const [first] = backend.destinations();
      assert.ok(first !== undefined);
      const config = file(
        "fairlead.yaml",
        `listeners: ["udp://10.9.9.1:5060"]\nsets: {${first.set}: {destinations: [{uri: "${first.uri}", name: "${first.name}"}, "sip:10.7.7.7"]}}\n`,
      );
      const before = await run([...INVITE, "--config", config, "--admin", server.url]);
      assert.match(before.stdout, new RegExp(`^ +1 +${first.name} `, "m"));
      await fetch(`${server.url}/api/v1/destinations/${first.set}/${first.name}/drain`, {
        method: "POST",
        headers: { "if-match": "*" },
      });
      const after = await run([...INVITE, "--config", config, "--admin", server.url]);
      assert.equal(after.code, 0);
      assert.match(after.stdout, new RegExp(`^ +- +${first.name} .* draining .* skipped `, "m"));
    } finally {
      await server.close();
    }
  });
});
