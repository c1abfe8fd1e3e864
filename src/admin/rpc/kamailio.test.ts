import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Secret } from "../../config/secret.ts";
import { SILENT } from "../../control/testing/silent-log.ts";
import { createAdminApp } from "../server.ts";
import { fakeBackend } from "../testing/fake-backend.ts";

const TOKEN = "a-token-of-the-test-01";

const TOKENS = [{ name: "test", role: "viewer" as const, secret: new Secret(TOKEN, "test") }];

/** Asks Kamailio's command of an instance that nothing has happened to. */
function asker() {
  const { backend } = fakeBackend({ access: { tokens: TOKENS, kamailioRpc: true, opensipsMi: false } });
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

  it("a destination whose probes are paused has N; where all are, flags stay what they are", async () => {
    const { backend } = fakeBackend({ access: { tokens: TOKENS, kamailioRpc: true, opensipsMi: false } });
    const app = createAdminApp({ listen: "http://127.0.0.1:25083", backend, log: SILENT, faults: false });
    const headers = { host: "127.0.0.1:25083", authorization: `Bearer ${TOKEN}` };
    const payload = { jsonrpc: "2.0", method: "dispatcher.list", id: 1 };
    const flags = async () => {
      const { body } = await app.inject({ method: "POST", url: "/RPC", headers, payload });
      return [...body.matchAll(/"FLAGS":"(\w+)"/g)].map(([, found]) => found);
    };
    backend.pauseProbes([0], true);
    assert.deepEqual(await flags(), ["AN", "AX"]);
    backend.probing(false);
    assert.deepEqual(await flags(), ["AN", "AX"]);
    backend.pauseProbes([0], false);
    assert.deepEqual(await flags(), ["AX", "AX"]);
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

  it("add puts a destination where its attributes say, by the words and numbers that Kamailio takes", async () => {
    const tokens = [{ name: "test", role: "admin" as const, secret: new Secret(TOKEN, "test") }];
    const { backend, seen } = fakeBackend({ access: { tokens, kamailioRpc: true, opensipsMi: false } });
    const listeners = [
      { name: "edge", uri: "udp://127.0.0.1:5062", transport: "udp" },
      { name: "tls://127.0.0.1:5061", uri: "tls://127.0.0.1:5061", transport: "tls" },
      { name: "udp://[::1]:5060", uri: "udp://[::1]:5060", transport: "udp" },
    ];
    let algorithm = "call-load";
    const app = createAdminApp({
      listen: "http://127.0.0.1:25083",
      backend: { ...backend, listeners: () => listeners, sets: () => [{ name: "media", algorithm }] },
      log: SILENT,
      faults: false,
    });
    const add = async (flags: unknown, attrs: string) => {
      const params = ["media", "sip:10.0.0.9", flags, 0, attrs];
      const answer = await app.inject({
        method: "POST",
        url: "/RPC",
        headers: { host: "127.0.0.1:25083", authorization: `Bearer ${TOKEN}` },
        payload: { jsonrpc: "2.0", method: "dispatcher.add", params, id: 1 },
      });
      const last = seen.changes.at(-1);
      const { error } = answer.json();
      return error === undefined && last?.kind === "add" ? last.destination : error;
    };
    for (const [socket, listener] of [
      ["socket=udp:127.0.0.1:5062", "edge"],
      ["socket=127.0.0.1:5062", "edge"],
      ["sockname=edge", "edge"],
      ["socket=TLS:127.0.0.1:5061", "tls://127.0.0.1:5061"],
      ["socket=udp:[::1]", "udp://[::1]:5060"],
    ] as const)
      assert.equal((await add(0, socket)).listener, listener, socket);
    for (const nobody of ["socket=udp:127.0.0.1:5061", "sockname=core", "socket="])
      assert.match((await add(0, nobody)).message, /is not one of the listeners \(udp:.*5062, /, nobody);
    const pinged = await add(0, "ping_socket=udp:127.0.0.1:5062;ping_from=sip:lb@x");
    assert.deepEqual([pinged.probe_listener, pinged.probe_from], ["edge", "sip:lb@x"]);
    assert.match((await add(0, "ping_socket=udp:127.0.0.1:5069")).message, /is not one of the listeners/);
    assert.deepEqual([(await add("0x8", "")).probe, (await add(8, "")).probe], ["marked", "marked"]);
    assert.deepEqual([(await add("0x20", "")).probe, (await add("0x", "")).code], ["never", 500]);
    const both = "rweight=50;weight=10";
    assert.deepEqual([(await add(0, both)).weight, (await add(0, both)).attrs], [10, { rweight: "50" }]);
    assert.deepEqual([(await add(0, "rweight=50")).weight, (await add(0, "")).weight], [50, undefined]);
    algorithm = "kamailio:11";
    assert.deepEqual([(await add(0, both)).weight, (await add(0, "weight=10")).weight], [50, 0]);
  });

  it("list numbers destinations, names each, and has attributes as they were written", async () => {
    const tokens = [{ name: "test", role: "viewer" as const, secret: new Secret(TOKEN, "test") }];
    const { backend } = fakeBackend({ access: { tokens, kamailioRpc: true, opensipsMi: false } });
    const [first, second] = backend.destinations();
    const known = [
      {
        ...first!,
        maxCalls: 0,
        weight: 50,
        attrs: { rweight: "50", class: "gold" },
        listener: "udp://127.0.0.1:5060",
        probed: { probeFrom: "sip:lb@x", probeListener: "udp://127.0.0.1:5060" },
      },
      { ...second!, configured: second!.uri, maxCalls: 0, weight: 10, attrs: { attrs: "class=gold;x=1" } },
    ];
    const app = createAdminApp({
      listen: "http://127.0.0.1:25083",
      backend: { ...backend, destinations: () => known },
      log: SILENT,
      faults: false,
    });
    const answer = await app.inject({
      method: "POST",
      url: "/RPC",
      headers: { host: "127.0.0.1:25083", authorization: `Bearer ${TOKEN}` },
      payload: { jsonrpc: "2.0", method: "dispatcher.list", params: [], id: 1 },
    });
    const shown = answer
      .json()
      .result.RECORDS[0].SET.TARGETS.map(({ DEST: { IDX, IUID, ATTRS } }: { DEST: Record<string, object> }) => [
        IDX,
        IUID,
        ATTRS,
      ]);
    const usual = {
      PROBING_COUNT: 0,
      MAXLOAD: 0,
      SOCKNAME: null,
      PING_SOCKET: null,
      OBPROXY: null,
      OCMIN: 0,
      OCMAX: 100,
    };
    const socket = "udp:127.0.0.1:5060";
    const [body, text] = [
      `duid=media1;socket=${socket};ping_socket=${socket};ping_from=sip:lb@x;rweight=50;class=gold`,
      "weight=10;class=gold;x=1",
    ];
    assert.deepEqual(shown, [
      [
        0,
        "media/media1",
        { ...usual, BODY: body, DUID: "media1", WEIGHT: 50, RWEIGHT: 50, SOCKET: socket, PING_SOCKET: socket },
      ],
      [1, `media/${second!.uri}`, { ...usual, BODY: text, DUID: null, WEIGHT: 10, RWEIGHT: 0, SOCKET: null }],
    ]);
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
