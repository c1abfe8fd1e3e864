// The whole process: started, reloaded, hurt and ended as an operator does it.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, type Socket as Connection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { leastOf } from "../test/kit/least-of.ts";
import { reservePort } from "../test/kit/port.ts";
import { UserAgent } from "./ua/user-agent.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "fairlead-run-"));
const children: ChildProcess[] = [];
const agents: UserAgent[] = [];
after(() => {
  for (const child of children) child.kill("SIGKILL");
  for (const agent of agents) void agent.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Line {
  readonly msg: string;
  readonly [field: string]: unknown;
}

function fairlead(...argv: string[]) {
  const child = spawn(process.execPath, [MAIN, ...argv], { env: { ...process.env, FAIRLEAD_FAULTS: "1" } });
  children.push(child);
  const lines: Line[] = [];
  let rest = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) lines.push(JSON.parse(part) as Line);
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const exit = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  const line = async (what: string | RegExp): Promise<Line> => {
    const found = () => lines.find(({ msg }) => (typeof what === "string" ? msg === what : what.test(msg)));
    await eventually(() => found() !== undefined, `${what}\n${stderr}${JSON.stringify(lines)}`);
    return found() ?? { msg: "" };
  };
  return { child, lines, exit, line, stderr: () => stderr };
}

async function eventually(condition: () => boolean | Promise<boolean>, what: string, patience = 60_000): Promise<void> {
  const end = Date.now() + patience;
  while (!(await condition())) {
    assert.ok(Date.now() < end, `never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A destination that takes calls and answers everything else with this status; its port. */
async function destination(status: number): Promise<number> {
  const agent = await UserAgent.open({
    onRequest: (transaction, ua) => {
      if (transaction.request.method === "INVITE") void ua.takeCall(transaction).answer();
      else transaction.respond(status);
    },
  });
  agents.push(agent);
  return agent.local.port;
}

function write(name: string, destinations: string[], more = ""): string {
  const file = join(folder, name);
  const text = `listeners: ["udp://127.0.0.1:0"]
sets:
  a:
    probe: {every: 200ms, timeout: 2s, down_after: 2, up_after: 1}
    destinations: [${destinations.join(", ")}]
admin: {listen: "http://127.0.0.1:0"}
workers: 2
${more}`;
  writeFileSync(file, text);
  return file;
}

async function get(url: unknown): Promise<string> {
  return (await fetch(String(url))).text();
}

interface Shown {
  readonly uri: string;
  readonly state: string;
  readonly reason: string;
  readonly latency_ms: number | null;
}

for (const io of ["batched", "portable"]) {
  describe(`fairlead run, io ${io}`, () => {
    it("listens, probes, reloads, replaces a dead worker, and ends with 0 on SIGTERM", async () => {
      const good = `"sip:127.0.0.1:${await destination(200)}"`;
      const bad = `"sip:127.0.0.1:${await destination(503)}"`;
      const file = write(`${io}.yaml`, [good, bad], "watch: true\n");
      const { child, line, lines, exit } = fairlead("run", file, "--io", io);
      const ready = await line("ready");
      const listening = await line(/^listening on/);
      assert.match(listening.msg, /^listening on udp:\/\/127\.0\.0\.1:[1-9]\d+$/);
      assert.equal(ready["io"], io);
      const { admin } = ready;
      const shown = async () => JSON.parse(await get(`${admin}/api/v1/destinations`)) as Shown[];
      await eventually(async () => {
        const [first, second] = await shown();
        return first?.state === "active" && (first.latency_ms ?? 0) > 0 && second?.state === "inactive";
      }, "one active with a latency, one inactive");
      assert.equal((await shown())[1]?.reason, "probe: 503");

      writeFileSync(file, "listeners: [nonsense]\n");
      child.kill("SIGHUP");
      await line(/not reloaded/);
      assert.equal((await shown()).length, 2);
      write(`${io}.yaml`, [good], "watch: true\n");
      await line("the new configuration is in force");
      assert.equal((await shown()).length, 1);

      // Without a warm spare, this soon after the start, and with a busy machine; workers.test.ts has the tight bound.
      let worker = 0;
      const took = await leastOf(2, 8_000, async () => {
        const begin = performance.now();
        const hurt = await fetch(`${admin}/api/v1/fault`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ worker, fault: "throw" }),
        });
        assert.ok(hurt.ok, await hurt.text());
        const isCounted = new RegExp(`restarts_total\\{worker="${worker++}"\\} 1`);
        await eventually(async () => isCounted.test(await get(`${admin}/metrics`)), "a restart");
        await eventually(async () => (await fetch(`${admin}/readyz`)).status === 200, "ready again");
        return performance.now() - begin;
      });
      assert.ok(took < 8_000, `${took} ms`);

      // It ends when the last call has, however long it takes us to look.
      const caller = await UserAgent.open();
      agents.push(caller);
      const call = caller.invite(listening.msg.replace(/^listening on udp:\/\//, "sip:somebody@"));
      assert.equal(await call.final, 200);
      child.kill("SIGTERM");
      await eventually(async () => (await fetch(`${admin}/readyz`)).status === 503, "not ready while it ends");
      assert.equal((await call.session?.bye())?.status, 200);
      assert.equal(await exit, 0);
      assert.ok(lines.some(({ msg }) => msg === "all calls have ended"));
    });
  });
}

describe("fairlead run", () => {
  it("leaves with 3 when the configuration is wrong, and says where", async () => {
    const file = join(folder, "wrong.yaml");
    writeFileSync(file, 'listeners: ["udp://127.0.0.1:0"]\nsets: {a: {destinatons: []}}\n');
    const { exit, stderr } = fairlead("run", file);
    assert.equal(await exit, 3);
    assert.match(stderr(), /wrong\.yaml:2:\d+: error: .*destinatons/);
  });

  for (const [what, more, code] of [
    ["with 4 when the database is gone and nothing is kept, so that systemd tries again", "", 4],
    [
      "with 1 when the database is gone, which is allowed, and the port of the admin API is taken",
      ", required: false",
      1,
    ],
  ] as const) {
    it(`leaves ${what}`, async () => {
      // It is there, and hangs up on everybody; and the admin API's port is its own.
      const database = createServer((connection) => connection.on("error", () => undefined).destroy());
      await new Promise<void>((resolve) => database.listen(0, "127.0.0.1", resolve));
      after(() => database.close());
      const { port } = database.address() as AddressInfo;
      const file = join(folder, `gone-${code}.yaml`);
      const url = `postgresql://fairlead@127.0.0.1:${port}/fairlead`;
      const text = `listeners: ["udp://127.0.0.1:0"]\nsources: [{kamailio: {url: "${url}"${more}}}]\nroutes: [{reject: {status: 503}}]\nadmin: {listen: "http://127.0.0.1:${port}"}\n`;
      writeFileSync(file, text);
      const { exit, stderr } = fairlead("run", file);
      let left: number | null | undefined;
      void exit.then((found) => {
        left = found;
      });
      await eventually(() => left !== undefined, `an end of the process: ${stderr()}`);
      assert.equal(left, code, stderr());
    });
  }

  it("ends on SIGTERM while a reload waits for a database that says nothing", async () => {
    const held: Connection[] = [];
    let isSilent = false;
    const database = createServer((connection) => {
      connection.on("error", () => undefined);
      if (isSilent) held.push(connection);
      else connection.destroy();
    });
    await new Promise<void>((resolve) => database.listen(0, "127.0.0.1", resolve));
    after(() => {
      for (const connection of held) connection.destroy();
      database.close();
    });
    const url = `postgresql://fairlead@127.0.0.1:${(database.address() as AddressInfo).port}/fairlead`;
    const more = `sources: [{kamailio: {url: "${url}", timeout: 60s, required: false}}]\n`;
    const { child, line, exit } = fairlead("run", write("silent.yaml", ['"sip:127.0.0.1:9"'], more));
    await line("ready");
    isSilent = true;
    child.kill("SIGHUP");
    // The reload's and the follower's.
    await eventually(() => held.length === 2, "two looks at the table");
    const begin = Date.now();
    child.kill("SIGTERM");
    assert.equal(await exit, 0);
    assert.ok(Date.now() - begin < 20_000, `${Date.now() - begin} ms`);
    await line(/^all calls have ended/);
  });

  it("leaves with 1 when the port is taken, and with 130 on SIGINT", async () => {
    const file = write("first.yaml", ['"sip:127.0.0.1:9"']);
    const { port, release } = await reservePort();
    after(release);
    const first = fairlead("run", file, "--listen", `udp://127.0.0.1:${port}`);
    await first.line("ready");
    const second = fairlead("run", file, "--listen", `udp://127.0.0.1:${port}`);
    assert.equal(await second.exit, 1);
    assert.match(second.stderr(), new RegExp(`127\\.0\\.0\\.1:${port}.*in use`));
    first.child.kill("SIGINT");
    assert.equal(await first.exit, 130);
  });
});
