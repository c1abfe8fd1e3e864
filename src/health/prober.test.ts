import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createLiveTablesMemory } from "../bridge/live-memory.ts";
import { LiveTables } from "../bridge/live-tables.ts";
import { ENDPOINT_WORDS, parseEndpoint } from "../net/endpoint.ts";
import type { StateChange } from "./health-record.ts";
import type { ProbeDestination, ProbeSettings } from "./probe-task.ts";
import { Prober } from "./prober.ts";
import { HealthRegistry } from "./registry.ts";
import { nameOfState, stateOf } from "./state.ts";

const settings: ProbeSettings = {
  method: "OPTIONS",
  every: 10_000,
  timeout: 2_000,
  thresholds: { downAfter: 3, upAfter: 2 },
  mode: "all",
  accepts: (status) => status >= 200 && status < 300,
  from: "",
  newestShare: 0.1,
};

function lab(count: number, own: Partial<ProbeSettings> = {}, presetLatency = 0) {
  const live = new LiveTables(createLiveTablesMemory(1));
  const time = { now: 0, isFull: false };
  const changes: StateChange[] = [];
  const sent: { listener: number; endpoint: Int32Array; bytes: Buffer; at: number }[] = [];
  let seed = 1;
  const random = () => {
    seed = (Math.imul(seed, 48271) >>> 0) % 0x7fffffff;
    return seed / 0x7fffffff;
  };
  const registry = new HealthRegistry(
    live,
    () => time.now,
    (change) => changes.push(change),
  );
  const prober = new Prober({
    live,
    registry,
    now: () => time.now,
    clock: () => time.now,
    random,
    key: Buffer.alloc(16, 7),
    send(listener, endpoint, bytes) {
      if (time.isFull) return false;
      sent.push({ listener, endpoint, bytes, at: time.now });
      return true;
    },
  });
  const targets: ProbeDestination[] = [];
  for (let slot = 0; slot < count; slot++) live.latencies.set(slot, presetLatency * 1000);
  for (let slot = 0; slot < count; slot++) {
    const endpoint = new Int32Array(ENDPOINT_WORDS);
    parseEndpoint(`10.0.${slot >> 8}.${slot & 255}`, 5060, endpoint, 0);
    const uri = `sip:10.0.${slot >> 8}.${slot & 255}:5060`;
    targets.push({
      slot,
      uri,
      endpoint,
      listener: 0,
      sentBy: "192.0.2.1:5060",
      transport: "udp",
      presetLatency,
      settings: { ...settings, ...own },
    });
  }
  registry.adopt(
    targets.map(({ slot, uri }) => ({
      slot,
      uri,
      name: uri,
      set: "1",
      group: uri,
      rank: 0,
      state: stateOf("active"),
      marked: false,
      unusable: "",
    })),
  );
  prober.adopt(targets);
  const run = (ms: number, each: () => void = () => {}) => {
    for (const end = time.now + ms; time.now < end; time.now += 25) {
      prober.tick();
      each();
    }
  };
  const answer = (probe: (typeof sent)[number], status: number, peer = probe.endpoint): boolean => {
    const bytes = Buffer.from(probe.bytes.toString().replace(/^.*\r\n/, `SIP/2.0 ${status} Whatever\r\n`));
    return prober.answered(bytes, 0, bytes.length, peer, 0);
  };
  return { live, time, changes, sent, registry, prober, targets, run, answer };
}

describe("probes", () => {
  it("are OPTIONS requests from our listener, and an answer makes latency known", () => {
    const { sent, run, answer, time, live, registry } = lab(1);
    run(500);
    const text = sent[0]!.bytes.toString();
    assert.match(
      text,
      /^OPTIONS sip:10\.0\.0\.0:5060 SIP\/2\.0\r\nVia: SIP\/2\.0\/UDP 192\.0\.2\.1:5060;rport;branch=z9hG4bKp00000000[0-9a-f]{16}\r\n/,
    );
    assert.match(text, /\r\nCSeq: 1 OPTIONS\r\n/);
    time.now = sent[0]!.at + 20;
    assert.ok(answer(sent[0]!, 200));
    assert.equal(live.latency(0), 20_000);
    assert.deepEqual(registry.get(0)?.lastProbe, { at: time.now, outcome: "ok", what: "200", rtt: 20 });
  });

  it("without an answer are counted as timeouts, and say nothing about how long answers take", () => {
    const { sent, run, answer, time, prober } = lab(2);
    assert.equal(prober.latency(7), undefined);
    run(500);
    const first = sent.filter(({ bytes }) => bytes.toString().startsWith("OPTIONS sip:10.0.0.0:"))[0]!;
    time.now = first.at + 30;
    assert.ok(answer(first, 404));
    run(2_500);
    const shown = [0, 1].map((slot) => {
      const { most = -1, timeouts = -1 } = prober.latency(slot) ?? {};
      return [most, timeouts];
    });
    assert.deepEqual(shown, [
      [30, 0],
      [0, 1],
    ]);
  });

  it("say how much slower than usual a destination is, whose latency is preset, by the share that the newest one has", () => {
    const { sent, run, answer, time, live } = lab(1, { newestShare: 0.5 }, 5);
    run(500);
    time.now = sent[0]!.at + 25;
    assert.ok(answer(sent[0]!, 200));
    // Half of 25 and half of 5; 5 and a ten-thousandth of 20 more.
    assert.deepEqual([live.latency(0), live.latencies.usually(0), live.congestion(0)], [15_000, 5002, 9]);
    while (sent.length < 2) run(25);
    time.now = sent[1]!.at + 5;
    assert.ok(answer(sent[1]!, 200));
    assert.deepEqual([live.latency(0), live.congestion(0)], [10_000, 4]);
  });

  it("know the latency of a destination that takes so long that they are sent again: it is the time since the first one", () => {
    const { sent, run, answer, time, live, registry } = lab(1);
    while (sent.length < 2) run(25);
    time.now = sent[0]!.at + 900;
    assert.ok(answer(sent[1]!, 200));
    assert.deepEqual([live.latency(0), registry.get(0)?.lastProbe?.rtt], [900_000, -1]);
  });

  it("a silent destination is trying, then inactive after three rounds, and its probes are repeated", () => {
    const { sent, run, changes } = lab(1);
    run(33_000);
    assert.deepEqual(
      changes.map((change) => nameOfState(change.to)),
      ["trying", "inactive"],
    );
    assert.match(changes[1]!.reason, /no answer within 2000 ms/);
    const first = sent.filter((probe) => probe.bytes.toString().includes("CSeq: 1 "));
    assert.equal(first.length, 3);
  });

  it("a probe that no worker took says nothing about its destination", () => {
    const { sent, run, changes, time } = lab(1);
    time.isFull = true;
    run(60_000);
    assert.deepEqual(changes, []);
    time.isFull = false;
    run(10_000);
    assert.ok(sent.length > 0);
  });

  it("comes back after two good answers in a row", () => {
    const { sent, run, changes, answer, registry } = lab(1);
    registry.setState(0, stateOf("inactive"), "test");
    run(25_000, () => {
      const probe = sent.pop();
      if (probe) assert.ok(answer(probe, 200));
    });
    assert.deepEqual(
      changes.map((change) => nameOfState(change.to)),
      ["inactive", "active"],
    );
  });

  it("an answer from elsewhere, or with another check, is not believed", () => {
    const { sent, run, answer, prober } = lab(1);
    run(600);
    const elsewhere = sent[0]!.endpoint.slice();
    elsewhere[4] = 5061;
    assert.equal(answer(sent[0]!, 200, elsewhere), false);
    const forged = Buffer.from(
      sent[0]!.bytes
        .toString()
        .replace(/^.*\r\n/, "SIP/2.0 200 OK\r\n")
        .replace(/p00000000.{4}/, "p000000000000"),
    );
    assert.equal(prober.answered(forged, 0, forged.length, sent[0]!.endpoint, 0), false);
    assert.equal(answer(sent[0]!, 100), true);
    assert.equal(answer(sent[0]!, 200), true);
    assert.equal(answer(sent[0]!, 200), false, "answered twice");
  });

  it("an ICMP error fails the probe at once", () => {
    const { sent, run, prober, registry } = lab(2);
    run(600);
    prober.unreachable(Buffer.alloc(0), 0, 0, sent[0]!.endpoint, 0);
    assert.equal(nameOfState(registry.get(sent[0]!.endpoint[3]! & 255)!.state), "trying");
    assert.equal(nameOfState(registry.get(sent[1]!.endpoint[3]! & 255)!.state), "active");
  });

  it("10,000 destinations are spread over the interval", () => {
    const { sent, run, answer } = lab(10_000);
    const perSecond = new Map<number, number>();
    let seen = 0;
    run(30_000, () => {
      for (; seen < sent.length; seen++) {
        const second = Math.floor(sent[seen]!.at / 1000);
        perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
        answer(sent[seen]!, 200);
      }
    });
    for (const [second, count] of perSecond) assert.ok(count < 2_200, `${count} in second ${second}`);
    assert.ok(seen > 29_000 && seen < 36_000, `${seen}`);
  });

  it("mode down probes only those that are down, mode marked only those that are marked", () => {
    const down = lab(2, { mode: "down" });
    down.registry.setState(1, stateOf("inactive"), "calls failed", true);
    down.run(12_000);
    assert.deepEqual([...new Set(down.sent.map((probe) => probe.endpoint[3]! & 255))], [1]);
    const marked = lab(1, { mode: "marked" });
    marked.run(12_000);
    assert.equal(marked.sent.length, 0);
  });

  it("a disabled destination is not probed; a draining one is, and stays draining", () => {
    const { registry, run, sent, answer } = lab(2);
    registry.setState(0, stateOf("disabled"), "operator");
    registry.setState(1, stateOf("draining"), "operator");
    run(12_000, () => {
      const probe = sent.pop();
      if (!probe) return;
      assert.equal(probe.endpoint[3]! & 255, 1);
      answer(probe, 503);
    });
    assert.equal(nameOfState(registry.get(1)!.state), "draining");
    assert.equal(registry.get(1)!.lastProbe?.what, "503");
  });
});
