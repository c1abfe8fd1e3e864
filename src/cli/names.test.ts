// `fairlead check` and `fairlead explain` on names: the real program, asking a name server of the test.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { addressRecord, DnsServer, srvRecord } from "../../test/kit/dns-server.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

function run(...args: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const written = { out: "", err: "" };
  child.stdout.on("data", (chunk) => (written.out += chunk));
  child.stderr.on("data", (chunk) => (written.err += chunk));
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, ...written })));
}

describe("names on the command line", () => {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-names-"));
  const file = join(folder, "fairlead.yaml");
  let server: DnsServer;
  before(async () => {
    server = await DnsServer.open();
    server.zone = [
      srvRecord("_sip._udp.sip.test", 10, 60, 5070, "a.test"),
      srvRecord("_sip._udp.sip.test", 10, 40, 5070, "b.test"),
      srvRecord("_sip._udp.sip.test", 20, 0, 5070, "c.test"),
      ...["a", "b", "c"].map((host, i) => addressRecord(`${host}.test`, `10.0.0.${i + 1}`)),
    ];
    const config = {
      listeners: ["udp://127.0.0.1:5060"],
      keys: ["a secret of enough characters"],
      dns: { servers: [server.address], timeout: "5s" },
      sets: {
        media: { destinations: [{ uri: "sip:sip.test", name: "pbx" }] },
        lost: { destinations: ["sip:nowhere.test"] },
      },
      routes: [{ method: "MESSAGE", set: "lost" }, { set: "media" }],
    };
    writeFileSync(file, JSON.stringify(config));
  });
  after(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  it("check says what a name stands for, warns of one that is nowhere and of weights that are not looked at", async () => {
    const { code, out, err } = await run("check", file);
    assert.equal(code, 0);
    assert.equal(
      out,
      "media/pbx: 10.0.0.1:5070 (priority 10, weight 60), 10.0.0.2:5070 (priority 10, weight 40), " +
        "10.0.0.3:5070 (priority 20, weight 0, standby)\n",
    );
    assert.match(
      err,
      /warning: lost\/sip:nowhere\.test: host name nowhere\.test does not resolve \(host name .* A record\)/,
    );
    assert.match(err, /warning: media\/pbx: round-robin does not look at the weights of SRV records/);
  });

  it("check tells programs the same, and asks nobody when it is told not to", async () => {
    const { out } = await run("check", file, "--output", "json");
    const answer = JSON.parse(out) as { valid: boolean; names: { destination: string; servers: unknown[] }[] };
    assert.deepEqual([answer.valid, answer.names.map(({ servers }) => servers.length)], [true, [3, 0]]);
    server.asked.length = 0;
    assert.deepEqual(await run("check", file, "--no-dns"), { code: 0, out: "", err: "" });
    assert.equal(server.asked.length, 0);
  });

  it("explain shows every server of a name, who serves and who stands by", async () => {
    const { code, out, err } = await run("explain", "INVITE", "sip:bob@example.com", "--config", file);
    assert.equal(code, 0, err);
    assert.match(out, /1\s+pbx\/10\.0\.0\.1:5070\s+sip:sip\.test\s+active/);
    assert.match(out, /3\s+pbx\/10\.0\.0\.3:5070\s+sip:sip\.test\s+standby .*for failover/);
    const lost = await run("explain", "MESSAGE", "sip:bob@example.com", "--config", file);
    assert.match(lost.out, /host name nowhere\.test does not resolve/);
  });
});
