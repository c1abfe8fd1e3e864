import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Secret } from "../../config/secret.ts";
import { SILENT } from "../../control/testing/silent-log.ts";
import { createAdminApp } from "../server.ts";
import { fakeBackend } from "../testing/fake-backend.ts";

const TOKEN = "a-token-of-the-test-01";

/** Asks Kamailio's command of an instance that nothing has happened to. */
function asker() {
  const tokens = [{ name: "test", role: "viewer" as const, secret: new Secret(TOKEN, "test") }];
  const { backend } = fakeBackend({ access: { tokens, kamailioRpc: true, opensipsMi: false } });
  const app = createAdminApp({ listen: "http://127.0.0.1:25083", backend, log: SILENT, faults: false });
  return (method: string, param: string) =>
    app.inject({
      method: "POST",
      url: "/RPC",
      headers: { host: "127.0.0.1:25083", authorization: `Bearer ${TOKEN}` },
      payload: { jsonrpc: "2.0", method, params: [param], id: 1 },
    });
}

describe("Kamailio's commands", () => {
  it("oclist says the limits of overload control, and 404 for a group that is not there", async () => {
    const ask = asker();
    const { result } = (await ask("dispatcher.oclist", "media")).json();
    const rates = { ocrate: 0, ocidx: 0, ocseq: 0, octime_sec: 0, octime_usec: 0, ocmin: 0, ocmax: 100 };
    const [first] = result;
    assert.deepEqual(first, { group: "media", uri: "sip:10.0.0.11:5060", flags: "AX", priority: 0, ...rates });
    assert.equal(result.length, 2);
    const nobody = await ask("dispatcher.oclist", "7");
    assert.deepEqual([nobody.statusCode, nobody.json().error.code], [404, 404]);
  });

  it("list full has what Kamailio 6.2 tells of addresses, attributes and overload", async () => {
    const { result } = (await asker()("dispatcher.list", "full")).json();
    const destinations: Record<string, object>[] = result.RECORDS.flatMap(({ SET }: { SET: { TARGETS: object[] } }) =>
      SET.TARGETS.map((one) => (one as { DEST: object }).DEST),
    );
    const names = "OCRATE OCIDX OCSEQ OCTIME_SEC OCTIME_USEC HOST IPADDR PORT PROTOID DNSTIME_SEC DNSTIME_USEC".split(
      " ",
    );
    for (const one of destinations) for (const name of names) assert.ok(name in one, name);
    const [attributes] = destinations.flatMap(({ ATTRS }) => (ATTRS === undefined ? [] : [ATTRS]));
    assert.deepEqual(
      Object.keys(attributes ?? {}),
      "BODY DUID PROBING_COUNT MAXLOAD WEIGHT RWEIGHT SOCKET SOCKNAME PING_SOCKET OBPROXY OCMIN OCMAX".split(" "),
    );
  });

  it("latency has what is known of round trips, timeouts alone too; ocrate is the attribute until somebody has said a rate", async () => {
    const tokens = [{ name: "test", role: "viewer" as const, secret: new Secret(TOKEN, "test") }];
    const { backend } = fakeBackend({ access: { tokens, kamailioRpc: true, opensipsMi: false } });
    const own = backend.destinations();
    const known = [
      { ...own[0]!, resultsInRow: 2, roundTrips: { deviation: 1.5, most: 12, timeouts: 3 }, attrs: { ocrate: "30" } },
      { ...own[1]!, roundTrips: { deviation: 0, most: 0, timeouts: 4 }, attrs: { ocrate: "30" } },
    ];
    backend.live.latencies.set(0, 7000, 5000);
    backend.live.shed.note(1, 45, 1000, 9);
    const app = createAdminApp({
      listen: "http://127.0.0.1:25083",
      backend: { ...backend, destinations: () => known },
      log: SILENT,
      faults: false,
    });
    const ask = async (method: string, params: readonly string[]) => {
      const answer = await app.inject({
        method: "POST",
        url: "/RPC",
        headers: { host: "127.0.0.1:25083", authorization: `Bearer ${TOKEN}` },
        payload: { jsonrpc: "2.0", method, params, id: 1 },
      });
      return answer.json().result;
    };
    const [first, second] = (await ask("dispatcher.list", [])).RECORDS[0].SET.TARGETS.map(
      ({ DEST }: { DEST: object }) => DEST,
    );
    assert.deepEqual(first.LATENCY, { AVG: 5, STD: 1.5, EST: 7, MAX: 12, TIMEOUT: 3 });
    assert.deepEqual(second.LATENCY, { AVG: 0, STD: 0, EST: 0, MAX: 0, TIMEOUT: 4 });
    assert.deepEqual([first.ATTRS.PROBING_COUNT, second.ATTRS.PROBING_COUNT], [2, 0]);
    const rates = (await ask("dispatcher.oclist", ["media"])).map(({ ocrate }: { ocrate: number }) => ocrate);
    assert.deepEqual(rates, [30, 45]);
  });
});
