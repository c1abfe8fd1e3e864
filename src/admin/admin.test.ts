import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { COUNTERS, Counters, counterIndex } from "../bridge/counters.ts";
import { DESTINATION_COUNTERS } from "../bridge/destination-counters.ts";
import { SILENT } from "../control/testing/silent-log.ts";
import { AdminError } from "./admin-error.ts";
import type { Applied, StreamsView } from "./backend.ts";
import { AdminClient } from "./client.ts";
import { createAdminApp, listenProblem, startAdmin } from "./server.ts";
import { fakeBackend } from "./testing/fake-backend.ts";

const LISTEN = "http://127.0.0.1:25080";

/** The API over a fake process. */
function lab(options: { faults?: boolean; closing?: boolean; result?: Applied; streams?: StreamsView } = {}) {
  const { backend, seen, ready, probes } = fakeBackend(options);
  const { live, counters } = backend;
  const app = createAdminApp({ listen: LISTEN, backend, log: SILENT, faults: options.faults ?? false });
  const ask = (method: "GET" | "POST" | "PATCH" | "DELETE", url: string, body?: object, headers: object = {}) =>
    app.inject({
      method,
      url,
      headers: { host: "127.0.0.1:25080", ...(method === "GET" ? {} : { "if-match": "*" }), ...headers },
      ...(body === undefined ? {} : { payload: body }),
    });
  return { app, ask, backend, live, counters, seen, ready, probe: probes[0]! };
}

describe("admin API", () => {
  it("a set shows how many of its destinations are usable and how many calls they carry", async () => {
    const { ask, live, backend } = lab();
    live.reserve(1, 0, 0);
    backend.setState(1, false, "inactive", "probe: no answer");
    assert.deepEqual((await ask("GET", "/api/v1/sets")).json(), [
      { name: "media", algorithm: "call-load", destinations: 2, usable: 1, load: 1 },
    ]);
    const detail = (await ask("GET", "/api/v1/sets/media")).json();
    assert.equal(detail.destinations[1].reason, "probe: no answer");
    assert.equal(detail.destinations[0].since, "2026-01-02T03:04:05.000Z");
    assert.equal((await ask("GET", "/api/v1/sets/none")).statusCode, 404);
  });

  it("a destination shows state, reason, load, latency and counters", async () => {
    const { ask, live } = lab();
    live.count(0, 0, DESTINATION_COUNTERS.indexOf("requests"));
    live.count(1, 0, DESTINATION_COUNTERS.indexOf("requests"));
    live.latencies.set(0, 1500);
    live.noteAnswerTime(0, 2500);
    live.setHeldBack(0, 64);
    const [first, second] = (await ask("GET", "/api/v1/destinations")).json();
    assert.equal(first.counters.requests, 2);
    assert.equal(first.latency_ms, 1.5);
    assert.equal(second.latency_ms, null);
    assert.deepEqual([first.answer_time_ms, first.share_percent], [2.5, 75]);
    assert.deepEqual([second.answer_time_ms, second.share_percent], [null, 100]);
    assert.equal(first.max_calls, 400);
  });

  it("an operator disables a destination by name or URI, with a reason", async () => {
    const { ask } = lab();
    const name = encodeURIComponent("sip:10.0.0.12:5060;transport=udp");
    const answer = await ask("POST", `/api/v1/destinations/media/${name}/drain`, { reason: "disk swap" });
    assert.equal(answer.statusCode, 200);
    assert.deepEqual([answer.json().state, answer.json().reason], ["draining", "operator: disk swap"]);
    const byUri = `/api/v1/destinations/media/${encodeURIComponent("sip:10.0.0.11:5060")}/disable`;
    assert.equal((await ask("POST", byUri)).json().reason, "operator: disable");
    assert.equal((await ask("POST", "/api/v1/destinations/media/media9/disable")).statusCode, 404);
    assert.equal((await ask("POST", "/api/v1/destinations/media/media1/explode")).statusCode, 404);
    assert.equal((await ask("POST", "/api/v1/destinations/media/media1/disable", { reason: "a\nb" })).statusCode, 400);
  });

  it("scores are told for several destinations at once, or for none where one of them is wrong", async () => {
    const { ask, live, seen } = lab();
    const told = await ask("PATCH", "/api/v1/sets/media/scores", { media1: 5, "sip:10.0.0.12:5060;transport=udp": -2 });
    assert.deepEqual([told.statusCode, Object.values(told.json())], [200, [5, -2]]);
    const [first, second] = (await ask("GET", "/api/v1/destinations")).json();
    assert.deepEqual([first.score, second.score], [5, -2]);
    for (const [body, status] of [
      [{ media1: 1, media9: 1 }, 404],
      [{ media1: 1.5 }, 400],
      [{ media1: 2 ** 31 }, 400],
      [{}, 400],
    ] as const)
      assert.equal((await ask("PATCH", "/api/v1/sets/media/scores", body)).statusCode, status, JSON.stringify(body));
    assert.equal((await ask("PATCH", "/api/v1/sets/none/scores", { media1: 1 })).statusCode, 404);
    assert.deepEqual([live.score(0), live.score(1), seen.changes], [5, -2, []]);
    assert.equal((await ask("PATCH", "/api/v1/sets/media/scores", { media1: null })).statusCode, 200);
    assert.equal(live.score(0), 0);
  });

  it("adding, changing and removing go to the control plane as one change each", async () => {
    const { ask, seen } = lab();
    const added = await ask("POST", "/api/v1/destinations", { set: "media", uri: "sip:10.0.0.13", weight: 2 });
    assert.deepEqual(
      [added.statusCode, added.json()],
      [201, { generation: 8, problems: [], dry_run: false, changes: [] }],
    );
    assert.equal((await ask("PATCH", "/api/v1/destinations/media/media1", { max_calls: 10 })).statusCode, 200);
    assert.equal((await ask("DELETE", "/api/v1/destinations/media/media1")).statusCode, 200);
    assert.deepEqual(seen.changes, [
      { kind: "add", destination: { set: "media", uri: "sip:10.0.0.13", weight: 2 } },
      { kind: "change", slot: 0, change: { max_calls: 10 } },
      { kind: "remove", slot: 0 },
    ]);
  });

  it("a refused change says why, and what was asked wrongly is 400", async () => {
    const problem = { severity: "error", where: "sets.media", what: "unknown transport", hint: "udp" } as const;
    const { ask } = lab({ result: { ok: false, generation: 7, problems: [problem], difference: null } });
    const refused = await ask("POST", "/api/v1/reload");
    assert.equal(refused.statusCode, 422);
    assert.match(String(refused.headers["content-type"]), /^application\/problem\+json/);
    assert.deepEqual(refused.json().problems, [problem]);
    const body = await ask("PATCH", "/api/v1/destinations/media/media1", { wieght: 1 });
    assert.equal(body.statusCode, 400);
    assert.equal((await ask("PATCH", "/api/v1/destinations/media/media1", { weight: -1 })).statusCode, 400);
    assert.equal((await ask("PATCH", "/api/v1/destinations/media/media1", {})).statusCode, 400);
    assert.equal(
      (await ask("POST", "/api/v1/destinations", { set: "media", uri: "x".repeat(70_000) })).statusCode,
      413,
    );
  });

  it("a query that an operation does not know is refused, and nothing is done", async () => {
    const { ask, seen, backend } = lab();
    for (const path of ["destinations/media/media1/drain", "reload", "sources/reload", "sources/kamailio/reload"]) {
      const answer = await ask("POST", `/api/v1/${path}?dry_run=true`);
      assert.equal(answer.statusCode, 400, path);
      assert.match(answer.json().detail, /dry_run/);
    }
    assert.equal((await ask("GET", "/api/v1/sets?name=media")).statusCode, 400);
    assert.deepEqual([seen.reloads, seen.sources, backend.destinations()[0]?.state], [0, [], "active"]);
    assert.equal((await ask("GET", "/readyz?from=monitor")).statusCode, 200);
  });

  it("tables are not read for somebody who speaks of another configuration", async () => {
    const { ask, seen } = lab();
    const tag = String((await ask("GET", "/api/v1/config")).headers.etag);
    for (const path of ["/api/v1/sources/reload", "/api/v1/sources/kamailio/reload"]) {
      assert.equal((await ask("POST", path, undefined, { "if-match": '"stale"' })).statusCode, 412, path);
      assert.equal((await ask("POST", path, undefined, { "if-match": tag })).statusCode, 200, path);
    }
    assert.deepEqual(seen.sources, ["all", "kamailio"]);
  });

  it("a foreign web page gets nothing, by name or by origin", async () => {
    const { ask } = lab();
    assert.equal((await ask("GET", "/healthz", undefined, { host: "evil.example:25080" })).statusCode, 403);
    assert.equal((await ask("GET", "/healthz", undefined, { host: "127.0.0.1.evil.example" })).statusCode, 403);
    assert.equal((await ask("GET", "/healthz", undefined, { host: "x@127.0.0.1" })).statusCode, 403);
    assert.equal((await ask("POST", "/api/v1/reload", undefined, { origin: "http://evil.example" })).statusCode, 403);
    assert.equal((await ask("POST", "/api/v1/reload", undefined, { origin: "http://127.0.0.1:9999" })).statusCode, 403);
    assert.equal((await ask("POST", "/api/v1/reload", undefined, { "sec-fetch-site": "cross-site" })).statusCode, 403);
    assert.equal((await ask("GET", "/healthz", undefined, { host: "localhost:25080" })).statusCode, 200);
    assert.equal((await ask("GET", "/healthz", undefined, { host: "[::1]:25080" })).statusCode, 200);
  });

  it("keys are never shown, and a route's key is no secret", async () => {
    const { ask } = lab();
    const answer = await ask("GET", "/api/v1/config");
    assert.doesNotMatch(answer.body, /0123456789abcdef/);
    assert.deepEqual(answer.json().config, {
      keys: ["(redacted)"],
      sets: {
        media: {
          destinations: [
            { name: "media1", uri: "sip:10.0.0.11:5060", weight: 1 },
            { name: "sip:10.0.0.12:5060;transport=udp", uri: "sip:10.0.0.12:5060", weight: 1 },
          ],
        },
      },
      routes: [{ name: "all", set: "media", key: "call-id" }],
    });
  });

  it("is ready only with every worker running and while not shutting down", async () => {
    const { ask, ready } = lab();
    assert.equal((await ask("GET", "/readyz")).statusCode, 200);
    ready[1] = false;
    const answer = await ask("GET", "/readyz");
    assert.deepEqual([answer.statusCode, answer.json().reasons], [503, ["worker 1 is not running"]]);
    assert.equal((await lab({ closing: true }).ask("GET", "/readyz")).statusCode, 503);
    const counters = {} as StreamsView["counters"];
    const streams = (isReady: boolean) => {
      return { ready: isReady, connections: 0, unheard: 0, unsecured: 0, counters, restarts: 1, delay: 0 };
    };
    assert.equal((await lab({ streams: streams(true) }).ask("GET", "/readyz")).statusCode, 200);
    const without = await lab({ streams: streams(false) }).ask("GET", "/readyz");
    assert.deepEqual([without.statusCode, without.json().reasons], [503, ["the stream worker is not running"]]);
    assert.equal((await ask("GET", "/healthz")).statusCode, 200);
  });

  it("calls shows gauges per worker and loads per destination", async () => {
    const calls = (await lab().ask("GET", "/api/v1/calls")).json();
    assert.deepEqual([calls.transactions, calls.dialogs, calls.workers.length], [4, 10, 2]);
    assert.deepEqual(calls.destinations[0], { set: "media", name: "media1", state: "active", load: 0, max_calls: 400 });
  });

  it("the fault hook is not there unless the process was started with it", async () => {
    const closed = lab();
    assert.equal((await closed.ask("POST", "/api/v1/fault", { worker: 0, fault: "throw" })).statusCode, 404);
    const open = lab({ faults: true });
    assert.equal((await open.ask("POST", "/api/v1/fault", { worker: 1, fault: "hang" })).statusCode, 202);
    assert.equal((await open.ask("POST", "/api/v1/fault", { worker: 2, fault: "hang" })).statusCode, 404);
    assert.deepEqual(open.seen.faults, [[1, "hang"]]);
  });

  it("listens on loopback only", () => {
    for (const fine of ["http://127.0.0.1:5080", "http://[::1]:5080", "http://localhost:0"])
      assert.equal(listenProblem(fine), "");
    for (const bad of ["http://0.0.0.0:5080", "http://[::]:5080", "http://10.0.0.1:1", "https://127.0.0.1", "x"]) {
      assert.notEqual(listenProblem(bad), "");
    }
  });
});

describe("metrics", () => {
  it("are read from the shared tables, with bounded labels, and do not grow by being read", async () => {
    const { ask, counters, live, probe } = lab();
    const worker = new Counters(counters, 1);
    worker.add(counterIndex("dropped_malformed"));
    worker.add(counterIndex("failovers_timeout"));
    worker.addRequest(0, 1);
    live.count(0, 0, DESTINATION_COUNTERS.indexOf("responses_2xx"));
    live.reserve(0, 0, 0);
    probe(0, "ok", 3);
    probe(0, "bad", -1);
    await ask("GET", "/metrics");
    const lines = (await ask("GET", "/metrics")).body.split("\n");
    for (const line of [
      'fairlead_dropped_total{reason="malformed"} 1',
      'fairlead_failovers_total{reason="timeout"} 1',
      'fairlead_sip_requests_total{listener="udp://127.0.0.1:5060",transport="udp",method="INVITE"} 1',
      'fairlead_tls_certificate_expiry_seconds{profile="default",file="sip.pem"} 1800000000',
      'fairlead_kept_flows{worker="1"} 3',
      "fairlead_kept_flows_lost_total 2",
      'fairlead_tls_crl_expiry_seconds{profile="trunk",file="trunk.crl"} 1900000000',
      'fairlead_sip_responses_total{set="media",destination="media1",code="2xx"} 1',
      'fairlead_destination_up{set="media",destination="media1"} 1',
      'fairlead_destination_active_calls{set="media",destination="media1"} 1',
      'fairlead_destination_max_calls{set="media",destination="media1"} 400',
      'fairlead_destination_admin_state{set="media",destination="media1",state="enabled"} 1',
      'fairlead_probe_total{result="bad"} 1',
      "fairlead_probe_rtt_seconds_count 1",
      'fairlead_transactions{worker="0"} 2',
      'fairlead_dialogs{worker="1"} 5',
      'fairlead_worker_restarts_total{worker="1"} 1',
      'fairlead_config_reload_total{result="failed"} 1',
      "fairlead_config_last_reload_timestamp_seconds 1700000000",
    ]) {
      assert.ok(lines.includes(line), line);
    }
  });
});

describe("what metrics say of themselves", () => {
  it("is more than their names, and every counter of a worker is one of them", async () => {
    const page = (await lab().ask("GET", "/metrics")).body;
    const helps = page.split("\n").filter((line) => line.startsWith("# HELP "));
    for (const line of helps) {
      const [, name = "", help = ""] = /^# HELP fairlead_(\S+?)(?:_total)? (.*)$/.exec(line) ?? [];
      assert.ok(help !== "" && !help.endsWith(`: ${name.replace(/^destination_/, "").replaceAll("_", " ")}`), line);
    }
    for (const counter of COUNTERS) {
      const own = page.includes(`\nfairlead_${counter}_total 0`);
      const label = counter.replace(/^(?:dropped|rejected|failovers|forwarded|large_requests|retransmissions)_/, "");
      assert.ok(own || (label !== counter && page.includes(`="${label}"} 0`)), counter);
    }
  });
});

describe("admin client", () => {
  it("does by HTTP what an operator asks, and tells a refusal in the server's words", async () => {
    const { backend } = lab();
    const server = await startAdmin({ listen: "http://127.0.0.1:0", backend, log: SILENT, faults: false });
    const client = new AdminClient(server.url);
    try {
      assert.equal((await client.sets())[0]?.name, "media");
      assert.equal(
        (await client.setState("media", "sip:10.0.0.12:5060;transport=udp", "drain", "why")).state,
        "draining",
      );
      assert.equal((await client.reload()).generation, 8);
      assert.equal((await client.remove("media", "media1")).generation, 8);
      const error = await client.setState("media", "media9", "drain").catch((reason: unknown) => reason);
      assert.ok(error instanceof AdminError);
      assert.deepEqual([error.status, error.message], [404, 'there is no destination "media9" in set "media"']);
    } finally {
      await server.close();
    }
    const nobody = new AdminClient("http://127.0.0.1:25081");
    const error = await nobody.sets().catch((reason: unknown) => reason);
    assert.ok(error instanceof AdminError);
    assert.equal(error.status, 0);
    assert.match(error.message, /no answer from the admin API at http:\/\/127\.0\.0\.1:25081 \(.*ECONNREFUSED/);
  });
});
