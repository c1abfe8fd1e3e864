// Who may do what at the admin API, asked over HTTP's own paths.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AccessToken } from "../config/schema.ts";
import { Secret } from "../config/secret.ts";
import type { Role } from "../config/sections/admin.ts";
import { SILENT } from "../control/testing/silent-log.ts";
import { createAdminApp } from "./server.ts";
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
  const { backend, seen } = fakeBackend({ access: { tokens, kamailioRpc: false, opensipsMi: false } });
  const app = createAdminApp({ listen: "http://127.0.0.1:25081", backend, log, faults: false });
  const ask = async (method: "GET" | "POST" | "DELETE", url: string, token = "", headers: object = {}) => {
    const authorization = token === "" ? {} : { authorization: `Bearer ${token}` };
    return app.inject({
      method,
      url,
      headers: { host: "127.0.0.1:25081", "if-match": "*", ...authorization, ...headers },
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
      ["POST", "/api/v1/reload", "operator"],
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
});
