// Names over the whole control plane: a name server over real sockets, time in the test's hand.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import type { Answer } from "dns-packet";
import { addressRecord, DnsServer, srvRecord } from "../../test/kit/dns-server.ts";
import { hurried } from "../../test/kit/hurried.ts";
import { createLiveTablesMemory } from "../bridge/live-memory.ts";
import { LiveTables } from "../bridge/live-tables.ts";
import { nameOfState, stateOf } from "../health/state.ts";
import { ControlPlane } from "./control-plane.ts";
import { DnsNames } from "./name-source.ts";
import { firstDue } from "./names.ts";
import { configOf } from "./testing/config.ts";
import { SILENT } from "./testing/silent-log.ts";
import { stillHealth } from "./testing/still-health.ts";

/** Shorter than what a name that is known is waited for. */
const TIMEOUT = 500;

describe("names of destinations", () => {
  let server: DnsServer;
  before(async () => {
    server = await DnsServer.open();
  });
  after(() => server.close());
  beforeEach(() => {
    server.isDeaf = false;
    server.asked.length = 0;
    server.negativeTtl = 5;
  });

  async function lab(zone: readonly Answer[], uri = "sip:sip.test", more: object = {}) {
    server.zone = zone;
    const time = { now: 0 };
    const live = new LiveTables(createLiveTablesMemory(1));
    const health = stillHealth(live);
    const names = new DnsNames({ now: () => time.now, random: () => 0, readFile: async () => null });
    const config = configOf({
      listeners: ["udp://127.0.0.1:23010"],
      dns: { servers: [server.address], timeout: `${TIMEOUT}ms`, attempts: 1, min_ttl: "1s", retry: "2s" },
      sets: { a: { algorithm: "weighted", destinations: [{ uri, name: "pbx", ...more }] } },
    });
    const control = new ControlPlane({
      live,
      health,
      names,
      load: async () => ({ config, problems: [] }),
      ports: [],
      keys: [new Uint8Array(16)],
      clock: () => 0,
      log: SILENT,
    });
    assert.equal((await hurried(TIMEOUT, () => control.begin(config))).ok, true);
    const follow = () => hurried(TIMEOUT, () => control.followNames());
    const reload = () => hurried(TIMEOUT, () => control.reload());
    const slots = () => Object.fromEntries(control.inForce.placed.map((each) => [each.config.name, each.slot]));
    const states = () => control.inForce.placed.map(({ slot }) => nameOfState(live.state(slot)));
    return { time, control, follow, reload, registry: health.registry, slots, states };
  }

  it("are followed when their TTL has passed; addresses that stay keep their slots, health and drains", async () => {
    const { time, control, follow, registry, slots, states } = await lab([
      addressRecord("sip.test", "10.0.0.1", 10),
      addressRecord("sip.test", "10.0.0.2", 10),
    ]);
    assert.deepEqual(slots(), { "pbx/10.0.0.1:5060": 0, "pbx/10.0.0.2:5060": 1 });
    registry.conclude(1, stateOf("inactive"), "down");
    server.zone = [addressRecord("sip.test", "10.0.0.2", 10), addressRecord("sip.test", "10.0.0.3", 10)];
    time.now = 9_999;
    await follow();
    assert.equal(control.inForce.snapshot.generation, 1, "nothing is new before the TTL has passed");
    assert.equal(firstDue(control.locations), 10_000);
    time.now = 10_000;
    await follow();
    assert.equal(control.inForce.snapshot.generation, 2);
    assert.deepEqual(slots(), { "pbx/10.0.0.2:5060": 1, "pbx/10.0.0.3:5060": 2 });
    assert.deepEqual(states(), ["inactive", "active"]);
    time.now = 20_000;
    await follow();
    assert.equal(control.inForce.snapshot.generation, 2, "the same answer is no news");
  });

  it("keep their servers when DNS dies or denies them, and follow it again when it is back", async () => {
    const { time, control, follow, reload, slots } = await lab([addressRecord("sip.test", "10.0.0.1", 10)]);
    const before = slots();
    server.isDeaf = true;
    time.now = 10_000;
    await follow();
    assert.deepEqual([slots(), control.inForce.snapshot.generation], [before, 1]);
    assert.match([...control.locations.values()][0]?.why ?? "", /no answer within 500 ms/);
    server.isDeaf = false;
    server.zone = [];
    time.now = 20_000;
    await follow();
    assert.deepEqual(
      [slots(), control.inForce.snapshot.generation],
      [before, 1],
      "no such name: the last good rows stay",
    );
    const reloaded = await reload();
    assert.deepEqual(
      reloaded.problems.map(({ severity, what }) => [severity, what]),
      [["warning", "host name sip.test does not resolve now (host name sip.test has no A record)"]],
    );
    assert.deepEqual(slots(), before);
    server.zone = [addressRecord("sip.test", "10.0.0.4", 10)];
    time.now = 90_000;
    await follow();
    assert.deepEqual(slots(), { "pbx/10.0.0.4:5060": 1 });
  });

  it("an operator's drain on a name survives that it cannot be found, and reaches what it is found to be later", async () => {
    const { time, follow, reload, registry, states } = await lab([]);
    assert.deepEqual(states(), ["inactive"]);
    registry.setStateOfAll(0, stateOf("draining"), "operator: maintenance");
    server.zone = [addressRecord("sip.test", "10.0.0.1", 10), addressRecord("sip.test", "10.0.0.2", 10)];
    time.now = 90_000;
    await follow();
    assert.deepEqual(states(), ["draining", "draining"]);
    server.zone = [addressRecord("sip.test", "10.0.0.3", 10)];
    time.now = 180_000;
    await follow();
    assert.deepEqual(states(), ["draining"]);
    await reload();
    assert.deepEqual(states(), ["draining"]);
  });

  it("with SRV records are balanced by priority and weight, and a change of weights is followed", async () => {
    const srv = (weight: number) => [
      srvRecord("_sip._udp.sip.test", 10, weight, 5070, "a.test", 10),
      srvRecord("_sip._udp.sip.test", 10, 40, 5070, "b.test", 10),
      srvRecord("_sip._udp.sip.test", 20, 0, 5070, "c.test", 10),
      ...["a", "b", "c"].map((host, i) => addressRecord(`${host}.test`, `10.0.0.${i + 1}`, 10)),
    ];
    const { time, control, follow, slots, states } = await lab(srv(60));
    assert.deepEqual(Object.keys(slots()), ["pbx/10.0.0.1:5070", "pbx/10.0.0.2:5070", "pbx/10.0.0.3:5070"]);
    assert.deepEqual(states(), ["active", "active", "standby"]);
    const [set] = control.inForce.snapshot.sets;
    assert.deepEqual([[...(set?.weights ?? [])], set?.hasStandby], [[6, 4, 5], true]);
    server.zone = srv(20);
    time.now = 60_000;
    await follow();
    assert.deepEqual([...(control.inForce.snapshot.sets[0]?.weights ?? [])], [2, 4, 3]);
  });

  it("that change while a configuration waits for its turn do not bring the old one back", async () => {
    const { time, control } = await lab([addressRecord("sip.test", "10.0.0.1", 10)]);
    server.zone = [addressRecord("sip.test", "10.0.0.2", 10)];
    time.now = 10_000;
    const changed = control.apply((config) => ({ ...config, serverHeader: "x" }));
    await hurried(TIMEOUT, () => Promise.all([control.followNames(), changed]));
    assert.equal(control.inForce.config.serverHeader, "x");
    assert.equal(control.inForce.placed[0]?.address, "10.0.0.2");
  });

  it("are asked for at most once a second, whatever their TTL", async () => {
    const { time, follow } = await lab([addressRecord("sip.test", "10.0.0.1", 0)], "sip:sip.test:5060");
    for (time.now = 0; time.now < 10_000; time.now += 100) await follow();
    assert.ok(server.count("sip.test", "A") <= 10, `${server.count("sip.test", "A")} questions`);
  });
});
