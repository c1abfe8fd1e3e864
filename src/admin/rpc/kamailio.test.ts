import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Secret } from "../../config/secret.ts";
import { SILENT } from "../../control/testing/silent-log.ts";
import { createAdminApp } from "../server.ts";
import { fakeBackend } from "../testing/fake-backend.ts";

const TOKEN = "a-token-of-the-test-01";

describe("Kamailio's commands", () => {
  it("oclist says the limits of overload control, and 404 for a group that is not there", async () => {
    const tokens = [{ name: "test", role: "viewer" as const, secret: new Secret(TOKEN, "test") }];
    const { backend } = fakeBackend({ access: { tokens, kamailioRpc: true, opensipsMi: false } });
    const app = createAdminApp({ listen: "http://127.0.0.1:25083", backend, log: SILENT, faults: false });
    const ask = (group: string) =>
      app.inject({
        method: "POST",
        url: "/RPC",
        headers: { host: "127.0.0.1:25083", authorization: `Bearer ${TOKEN}` },
        payload: { jsonrpc: "2.0", method: "dispatcher.oclist", params: [group], id: 1 },
      });
    const { result } = (await ask("media")).json();
    const rates = { ocrate: 0, ocidx: 0, ocseq: 0, octime_sec: 0, octime_usec: 0, ocmin: 0, ocmax: 100 };
    const [first] = result;
    assert.deepEqual(first, { group: "media", uri: "sip:10.0.0.11:5060", flags: "AX", priority: 0, ...rates });
    assert.equal(result.length, 2);
    const nobody = await ask("7");
    assert.deepEqual([nobody.statusCode, nobody.json().error.code], [404, 404]);
  });
});
