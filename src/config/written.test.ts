import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fakeIo } from "./io-fake.ts";
import { buildConfig } from "./load.ts";
import { type Config, schema } from "./schema.ts";
import { written } from "./written.ts";

const KEYS = ["a secret of enough characters"];
const RICH = {
  listeners: [
    "udp://127.0.0.1:5060",
    { uri: "udp://[::1]:5062", name: "lan", advertise: "sip.example.com", allow: ["2001:db8::/32"] },
    { uri: "udp://0.0.0.0:5064", advertise: "192.0.2.9:5070" },
  ],
  sets: {
    media: {
      algorithm: "hash-call-id",
      slots: "kamailio",
      order: "kamailio",
      destinations: [
        "sip:10.0.0.1",
        {
          uri: "sip:u@10.0.0.2:5070",
          name: "two",
          weight: 3,
          priority: -1,
          max_calls: 9,
          resources: "pstn=32; transc/s = 100",
          state: "draining",
          probe: "marked",
          listener: "udp://127.0.0.1:5060",
          attrs: { site: "Ulm", rack: 7 },
        },
        "sip:10.0.0.3;transport=tls",
      ],
      probe: { method: "INFO", every: "1500ms", accept: ["2xx", 486], mode: "down", from: "sip:p@example.com" },
      passive: { failures: 0 },
      resources: { needed: "pstn", measure: "relative", ties: "random", overbook: true, shared: false },
      failover: { on: [503, "timeout"], tries: 2, answer_within: "700ms", after_provisional: true },
      unavailable: { status: 503, reason: "Busy", retry_after: "4500ms" },
    },
    token: {
      algorithm: "kamailio:9",
      use_default: true,
      resources: ["pstn"],
      destinations: [{ uri: "sip:[2001:db8::7]:5061", resources: { pstn: 0 } }],
      probe: false,
    },
  },
  routes: [
    {
      method: "REGISTER",
      request_uri: "+49*@*.Example.com",
      source: "10.0.0.0/8",
      set: "media",
      key: "to",
      resources: "transc;pstn",
    },
    { name: "pool", from_set: "any", listener: "lan", forward: true },
    { from: "*@example.com", to: "bob@*", source: ["2001:db8::/32", "192.0.2.7"], reject: { status: 480 } },
    { method: ["SUBSCRIBE", "X-FOO"], forwarding: "stateless", redirect: { contact: "sip:10.0.0.9" } },
    { from_set: "token", sender_resources: "pstn", drop: true },
    { set: "token" },
  ],
  timers: { t1: "250ms", dialog: "90m" },
  limits: {
    transactions: 2048,
    message_bytes: "1GiB",
    header_bytes: "2KiB",
    request_bytes: "5000B",
    header_lines: 99,
    vias: 9,
    request_uri_bytes: "1KiB",
  },
  dns: {
    servers: ["10.0.0.53", "[2001:db8::53]:5353"],
    timeout: "700ms",
    attempts: 3,
    min_ttl: "3s",
    max_ttl: "10m",
    max_negative_ttl: "20s",
    retry: "7s",
    max_addresses: 9,
  },
  keys: KEYS,
  admin: { listen: "http://[::1]:5081" },
  hooks: [{ on: ["worker.died"], command: { run: ["/bin/true", "x"], timeout: "3s" } }],
  log: { level: "warn", access: true },
  trusted: ["10.0.0.0/8"],
  scanners: { user_agents: ["friendly-scanner*", "X Y"] },
  rate_limits: {
    per_source: { requests_per_second: 0.5, burst: 3 },
    per_listener: { requests_per_second: 200 },
    action: "drop",
    ipv4_prefix: 24,
    ipv6_prefix: 48,
    allow: ["192.0.2.0/24"],
  },
  protected_headers: ["X-Account"],
  forwarding: "stateful",
  workers: 2,
  io: "portable",
  segmentation: "off",
  coalescing: "off",
  watch: true,
  receive_buffer: "5000B",
  server_header: "fairlead",
  shutdown: { deadline: "0s" },
};

function build(data: unknown): Config {
  const { config, findings } = buildConfig(data, "f.yaml", fakeIo());
  assert.ok(config, JSON.stringify(findings));
  return config;
}

describe("a configuration in the words of fairlead.yaml", () => {
  for (const [title, data] of [
    ["of everything", RICH],
    ["of nothing but defaults", { listeners: ["udp://127.0.0.1:5060"], sets: { 1: {} } }],
    ["without admin API", { listeners: ["udp://[::]"], sets: { 1: {} }, admin: false }],
  ] as const) {
    it(`${title} loads as the same configuration`, () => {
      const config = build(data);
      const file = written(config);
      assert.deepEqual(build({ ...file, keys: KEYS.slice(0, config.keys.length) }), config);
      assert.deepEqual(Object.keys(file).sort(), Object.keys(schema.shape).sort());
    });
  }

  it("says what the file said where that was the shortest way, and what applies by default", () => {
    const file = written(build(RICH));
    assert.equal(file.receive_buffer, "5000B");
    assert.deepEqual(file.timers, { t1: "250ms", t2: "4s", c: "181s", linger: "32s", dialog: "90m" });
    assert.deepEqual(file.routes?.[0], {
      name: "route 1",
      method: ["REGISTER"],
      request_uri: "+49*@*.example.com",
      source: ["10.0.0.0/8"],
      set: "media",
      key: "to",
      resources: ["transc", "pstn"],
    });
  });

  it("holds no secret", () => {
    assert.ok(!JSON.stringify(written(build(RICH))).includes("enough"));
  });
});
