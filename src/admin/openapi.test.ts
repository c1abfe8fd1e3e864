import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AccessToken } from "../config/schema.ts";
import { Secret } from "../config/secret.ts";
import { SILENT } from "../control/testing/silent-log.ts";
import { createAdminApp } from "./server.ts";
import { fakeBackend } from "./testing/fake-backend.ts";

const TOKEN = "a-viewers-secret-0001";
const METHODS = ["get", "put", "post", "patch", "delete"] as const;

interface Described {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

interface DescribedOperation {
  readonly operationId: string;
  readonly "x-role"?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
}

async function lab() {
  const tokens: AccessToken[] = [{ name: "looker", role: "viewer", secret: new Secret(TOKEN, "test") }];
  const { backend, seen } = fakeBackend({ access: { tokens, kamailioRpc: true, opensipsMi: true } });
  const routes: string[] = [];
  const app = createAdminApp({
    listen: "http://127.0.0.1:25090",
    backend,
    log: SILENT,
    faults: true,
    onRoute: (method, path) => routes.push(`${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`),
  });
  const ask = (method: string, url: string, headers: object = {}, payload?: object) =>
    app.inject({
      method: method.toUpperCase() as "GET",
      url,
      headers: { host: "127.0.0.1:25090", authorization: `Bearer ${TOKEN}`, ...headers },
      ...(payload === undefined ? {} : { payload }),
    });
  const document = (await ask("get", "/api/v1/openapi.json")).json() as Described;
  const described = Object.entries(document.paths).flatMap(([path, own]) =>
    METHODS.flatMap((method) => (own[method] === undefined ? [] : [{ method, path, operation: own[method] }])),
  );
  return { ask, backend, seen, document, described, routes };
}

describe("the OpenAPI document", () => {
  it("has every route of the API, and each reference in it leads somewhere", async () => {
    const { document, described, routes } = await lab();
    assert.equal(document.openapi, "3.1.0");
    const known = described.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    const hidden = ["POST /api/v1/fault", "POST /RPC", "POST /mi"];
    assert.deepEqual(
      routes.filter((route) => !known.includes(route) && !route.startsWith("HEAD")).sort(),
      hidden.sort(),
    );
    const ids = described.map(({ operation }) => operation.operationId);
    assert.equal(new Set(ids).size, ids.length);
    const references = JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g);
    for (const [, reference = ""] of references) {
      const name = reference.replace("#/components/schemas/", "");
      assert.ok(name in document.components.schemas, reference);
    }
  });

  it("a viewer's token changes nothing, whatever it asks", async () => {
    const { ask, backend, seen, described } = await lab();
    const before = JSON.stringify([backend.config(), backend.destinations(), backend.probing()]);
    let refused = 0;
    for (const { method, path, operation } of described) {
      if (method === "get") continue;
      const url = path.replace("{set}", "media").replace("{destination}", "media1");
      const { statusCode } = await ask(method, url, { "if-match": "*", "content-type": "application/json" });
      assert.equal(statusCode, 403, `${method} ${url}`);
      assert.notEqual(operation["x-role"], "viewer");
      refused++;
    }
    for (const [path, name] of [
      ["/RPC", "dispatcher.set_state"],
      ["/mi", "ds_set_state"],
    ] as const) {
      const payload = { jsonrpc: "2.0", method: name, params: ["i", "media", "sip:10.0.0.11:5060"], id: 1 };
      const { error } = (await ask("post", path, {}, payload)).json();
      assert.deepEqual(error, { code: 403, message: "looker is viewer, this takes operator" });
    }
    assert.ok(refused >= 12, `${refused} writes were tried`);
    assert.equal(JSON.stringify([backend.config(), backend.destinations(), backend.probing()]), before);
    assert.deepEqual([seen.changes, seen.reloads, seen.faults], [[], 0, []]);
  });

  it("every write asks for the version that was seen: missing is 428, stale is 412 and changes nothing", async () => {
    const { backend, seen } = fakeBackend();
    const app = createAdminApp({ listen: "http://127.0.0.1:25090", backend, log: SILENT, faults: false });
    const bodies: Readonly<Record<string, string>> = {
      putSet: '{"destinations": ["sip:10.0.0.1"]}',
      changeSet: '{"algorithm": "random"}',
      addDestination: '{"set": "media", "uri": "sip:10.0.0.9"}',
      changeDestination: '{"weight": 2}',
      putRoutes: '[{"set": "media"}]',
      putConfiguration: "{}",
      tellScores: '{"media1": 5}',
    };
    const { described } = await lab();
    const writes = described.filter(({ method }) => method !== "get");
    assert.ok(writes.length >= 14, `${writes.length} writes`);
    for (const { method, path, operation } of writes) {
      const url = path.replace("{set}", "media").replace("{destination}", "media1");
      const ask = (headers: object) =>
        app.inject({
          method: method.toUpperCase() as "PUT",
          url,
          headers: {
            host: "127.0.0.1:25090",
            ...(operation.operationId in bodies ? { "content-type": "application/json" } : {}),
            ...headers,
          },
          ...(operation.operationId in bodies ? { payload: bodies[operation.operationId] } : {}),
        });
      const isRequired = operation.parameters?.some(({ name, required }) => name === "If-Match" && required);
      if (isRequired === true) assert.equal((await ask({})).statusCode, 428, operation.operationId);
      const stale = await ask({ "if-match": '"of-yesterday"' });
      assert.equal(stale.statusCode, 412, `${operation.operationId}: ${stale.body}`);
      assert.match(String(stale.headers.etag), /^"[\w-]{22}"$/);
    }
    assert.deepEqual([seen.changes, seen.reloads], [[], 0]);
    assert.ok(backend.destinations().every(({ state, slot }) => state === "active" && backend.live.score(slot) === 0));
  });
});
