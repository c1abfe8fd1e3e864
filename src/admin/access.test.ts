// Who may do what at the admin API, asked over HTTP's own paths.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, it } from "node:test";
import type { AccessToken } from "../config/schema.ts";
import { Secret } from "../config/secret.ts";
import type { Role } from "../config/sections/admin.ts";
import { SILENT } from "../control/testing/silent-log.ts";
import { createAdminApp, startAdmin } from "./server.ts";
import { fakeBackend } from "./testing/fake-backend.ts";

const SECRETS: Readonly<Record<Role, string>> = {
  viewer: "a-viewers-secret-0001",
  operator: "an-operators-secret-2",
  admin: "an-admins-secret-0003",
};

function lab() {
  const tokens = Object.entries(SECRETS).map(
    ([role, text]): AccessToken => ({ name: `the-${role}`, role: role as Role, secret: new Secret(text, "test") }),
  );
  const audits: object[] = [];
  const log = { ...SILENT, info: (fields: object) => void audits.push(fields) };
  const { backend, seen } = fakeBackend({ access: { tokens, kamailioRpc: true, opensipsMi: true } });
  const app = createAdminApp({ listen: "http://127.0.0.1:25081", backend, log, faults: false });
  const ask = async (method: "GET" | "POST" | "DELETE", url: string, token = "", headers = {}, payload?: string) => {
    const authorization = token === "" ? {} : { authorization: `Bearer ${token}` };
    return app.inject({
      method,
      url,
      headers: { host: "127.0.0.1:25081", "if-match": "*", ...authorization, ...headers },
      ...(payload === undefined ? {} : { payload }),
    });
  };
  return { ask, seen, audits };
}

describe("with tokens in the configuration", () => {
  it("whoever has none learns whether we live and take calls, and nothing else", async () => {
    const { ask } = lab();
    assert.equal((await ask("GET", "/healthz")).statusCode, 200);
    assert.equal((await ask("GET", "/readyz")).statusCode, 200);
    for (const path of ["/metrics", "/api/v1/sets", "/api/v1/config", "/nowhere", "/healthz/../metrics"]) {
      const answer = await ask("GET", path);
      assert.equal(answer.statusCode, 401, path);
      assert.equal(answer.headers["www-authenticate"], "Bearer");
    }
    assert.equal((await ask("GET", "/metrics", "a-viewers-secret-0002")).statusCode, 401);
    const basic = `Basic ${Buffer.from(`x:${SECRETS.admin}`).toString("base64")}`;
    assert.equal((await ask("GET", "/metrics", "", { authorization: basic })).statusCode, 401);
  });

  it("a viewer looks, an operator changes states and reloads, an admin does everything", async () => {
    const { ask, seen } = lab();
    const wanted: readonly ["GET" | "POST" | "DELETE", string, Role][] = [
      ["GET", "/metrics", "viewer"],
      ["GET", "/api/v1/config", "viewer"],
      ["GET", "/api/v1/sources", "viewer"],
      ["POST", "/api/v1/reload", "operator"],
      ["POST", "/api/v1/sources/reload", "operator"],
      ["POST", "/api/v1/destinations/media/media1/disable", "operator"],
      ["DELETE", "/api/v1/destinations/media/media1", "admin"],
    ];
    const order: readonly Role[] = ["viewer", "operator", "admin"];
    for (const [method, url, least] of wanted) {
      for (const role of order) {
        const { statusCode } = await ask(method, url, SECRETS[role]);
        const may = order.indexOf(role) >= order.indexOf(least);
        assert.equal(statusCode === 403, !may, `${role}: ${method} ${url} gives ${statusCode}`);
      }
    }
    assert.deepEqual([seen.reloads, seen.changes.length], [2, 1]);
  });

  it("every request that was meant to change something is in the log, with who sent it and what came of it", async () => {
    const { ask, audits } = lab();
    await ask("GET", "/api/v1/sets", SECRETS.viewer);
    await ask("POST", "/api/v1/reload", SECRETS.viewer);
    await ask("POST", "/api/v1/reload");
    await ask("POST", "/api/v1/destinations/media/media1/disable", SECRETS.operator);
    const seen = audits.flatMap((fields) => ("audit" in fields ? [fields.audit] : []));
    assert.deepEqual(
      seen.map((audit) => JSON.stringify(audit)),
      [
        '{"by":"the-viewer","from":"127.0.0.1","method":"POST","url":"/api/v1/reload","status":403}',
        '{"by":"","from":"127.0.0.1","method":"POST","url":"/api/v1/reload","status":401}',
        '{"by":"the-operator","from":"127.0.0.1","method":"POST","url":"/api/v1/destinations/media/media1/disable","status":200}',
      ],
    );
  });

  it("the audit log forgets none of it for those who only look, or may not come in", async () => {
    const { ask, audits } = lab();
    const command = (url: "/RPC" | "/mi", method: string, params: readonly unknown[], token?: string) =>
      ask("POST", url, token, {}, JSON.stringify({ jsonrpc: "2.0", method, params, id: 1 }));
    const disable = ["i", "media", "sip:10.0.0.11:5060"];
    await command("/RPC", "dispatcher.set_state", disable, SECRETS.operator);
    await command("/mi", "ds_set_state", disable, SECRETS.viewer);
    await command("/mi", "lb_status", ["1", "0"], SECRETS.viewer);
    for (let i = 0; i < 500; i++) {
      await command("/RPC", "dispatcher.list", [], SECRETS.viewer);
      await command("/mi", "lb_status", ["1"], SECRETS.viewer);
      await ask("POST", "/api/v1/reload", "a-guess-of-somebody");
    }
    const records = (await ask("GET", "/api/v1/audit?last=1000", SECRETS.viewer)).json() as Record<string, unknown>[];
    assert.deepEqual(
      records.map(({ by, url, what }) => [by, url, what]),
      [
        ["the-operator", "/RPC", "dispatcher.set_state i media sip:10.0.0.11:5060"],
        ["the-viewer", "/mi", "ds_set_state i media sip:10.0.0.11:5060"],
        ["the-viewer", "/mi", "lb_status 1 0"],
      ],
    );
    const logged = audits.flatMap((fields) => ("audit" in fields ? [(fields.audit as { status: number }).status] : []));
    assert.equal(logged.filter((status) => status === 401).length, 500, "the log has those who may not come in");
  });

  it("foreign commands take the token as their products' clients can send it, and no log or record shows it", async () => {
    const { ask, audits } = lab();
    const disable = JSON.stringify({
      jsonrpc: "2.0",
      method: "ds_set_state",
      params: ["i", "media", "sip:10.0.0.11:5060"],
    });
    const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` });
    const { operator, viewer } = SECRETS;
    const tried: readonly [string, object, number][] = [
      ["/mi", basic(`panel:${operator}`), 200],
      ["/mi", basic(`:${operator}`), 200],
      [`/mi?access_token=${operator}`, {}, 200],
      [`/mi?a=b&access_token=${encodeURIComponent(operator)}`, {}, 200],
      [`/mi?access_token=${operator}`, basic(`panel:${operator}`), 200],
      [`/mi?access_token=${operator}`, basic(`panel:${viewer}`), 401],
      [`/mi?access_token=${operator}&access_token=${viewer}`, {}, 401],
      ["/mi?access_token=%", {}, 401],
      ["/mi?access_token=", {}, 401],
      ["/mi", basic("panel:"), 401],
      ["/mi", basic(operator), 401],
      ["/mi", basic(`${operator}:`), 401],
      ["/mi", {}, 401],
      [`/api/v1/reload?access_token=${operator}`, {}, 401],
      ["/api/v1/reload", basic(`panel:${operator}`), 401],
      [`/nowhere?access_token=${operator}`, {}, 401],
    ];
    for (const [url, headers, status] of tried) {
      const answer = await ask("POST", url, "", headers, disable);
      assert.equal(answer.statusCode, status, url);
      const asked = url.startsWith("/mi") ? ["Bearer", 'Basic realm="fairlead"'] : "Bearer";
      if (status === 401) assert.deepEqual(answer.headers["www-authenticate"], asked);
    }
    const records = await ask("GET", "/api/v1/audit?last=100", viewer);
    assert.deepEqual(
      (records.json() as { by: string; url: string }[]).map(({ by, url }) => `${by} ${url}`),
      ["/mi", "/mi", "/mi?access_token=-", "/mi?a=b&access_token=-", "/mi?access_token=-"].map(
        (url) => `the-operator ${url}`,
      ),
    );
    for (const text of [records.body, JSON.stringify(audits)])
      for (const secret of [operator, viewer]) assert.ok(!text.includes(secret));
  });

  it("what a panel's curl sends for a name and a password in its URL is let in", async (t) => {
    const tokens = [{ name: "panel", role: "viewer", secret: new Secret(SECRETS.viewer, "test") }] as const;
    const { backend } = fakeBackend({ access: { tokens, kamailioRpc: true, opensipsMi: true } });
    const server = await startAdmin({ listen: "http://127.0.0.1:0", backend, log: SILENT, faults: false });
    try {
      const command = JSON.stringify({ jsonrpc: "2.0", method: "ds_list", id: 1 });
      const url = `${server.url.replace("//", `//panel:${SECRETS.viewer}@`)}/mi`;
      const { stdout, error } = await curl(["-sS", "--max-time", "10", "-d", command, url]);
      if (error?.code === "ENOENT") return t.skip("curl is not installed");
      assert.equal(JSON.parse(stdout).result.PARTITIONS.length, 1);
    } finally {
      await server.close();
    }
  });
});

function curl(args: readonly string[]): Promise<{ stdout: string; error: (Error & { code?: unknown }) | null }> {
  return new Promise((resolve) => execFile("curl", args, (error, stdout) => resolve({ stdout, error })));
}
