// The configurations that are fuzzed: together they use every algorithm, action and switch that a message meets.
import type { Snapshot } from "../../src/bridge/snapshot.ts";
import type { Config } from "../../src/config/schema.ts";
import { compile } from "../../src/control/compile.ts";
import { TlsIdentities } from "../../src/control/compile-tls.ts";
import { placeDestinations, slotIdentities } from "../../src/control/place.ts";
import { rowsOf } from "../../src/control/rows.ts";
import { configOf } from "../../src/control/testing/config.ts";

const KEYS = ["a secret of enough characters", "another one of enough characters"];
const POOL = ["sip:10.0.0.1:5060", "sip:10.0.0.2:5060", { uri: "sip:10.0.0.3:5080", max_calls: 5 }];
const FAST = {
  tries: 5,
  answer_within: "300ms",
  after_provisional: true,
  on: ["timeout", "transport_error", 302, 486, 503],
};

const SOURCES: readonly {
  readonly name: string;
  readonly workers: number;
  readonly trusted?: readonly string[];
  readonly data: object;
}[] = [
  {
    name: "stateful",
    workers: 1,
    data: {
      listeners: ["udp://10.9.9.1:5060"],
      sets: { media: { algorithm: "round-robin", destinations: POOL } },
      log: { access: true },
    },
  },
  {
    name: "stateless",
    workers: 1,
    data: {
      listeners: ["udp://10.9.9.1:5060"],
      sets: { media: { algorithm: "hash-call-id", destinations: POOL } },
      forwarding: "stateless",
    },
  },
  {
    name: "two families",
    workers: 1,
    trusted: ["203.0.113.6", "2001:db8::34"],
    data: {
      listeners: [{ uri: "udp://10.9.9.1:5060", contact: "repair" }, "udp://[2001:db8::1]:5060"],
      sets: {
        media: { algorithm: "hash-from", destinations: [...POOL, "sip:[2001:db8::11]:5060"], failover: FAST },
        registrars: { algorithm: "hash-to", slots: "kamailio", destinations: ["sip:10.0.1.1:5060"] },
      },
      routes: [
        { method: "REGISTER", set: "registrars", path: "always" },
        { source: ["192.0.2.66"], reject: { status: 403, reason: "Not Here" } },
        { request_uri: "100@*", redirect: { status: 302, contact: "sip:200@example.com" } },
        { method: "OPTIONS", from: "scanner@*", drop: true },
        { from_set: "registrars", forward: true },
        { from_set: "media", method: "NOTIFY", set: "registrars" },
        { method: ["INVITE", "ACK", "CANCEL", "OPTIONS", "SUBSCRIBE"], set: "media", key: "to" },
        { listener: "udp://[2001:db8::1]:5060", set: "media", key: "request-uri" },
      ],
      server_header: "Fairlead",
      keepalive: { interval: "1s", kind: "options", flows: 4 },
      protected_headers: ["P-Asserted-Identity", "Subject", "X-Long"],
    },
  },
  {
    name: "wildcard",
    workers: 1,
    data: {
      listeners: ["udp://0.0.0.0:5060", "udp://[::]:5060"],
      sets: {
        media: {
          algorithm: "call-load",
          destinations: POOL.map((uri) => (typeof uri === "string" ? { uri, max_calls: 3 } : uri)),
          failover: FAST,
          unavailable: { status: 480, reason: "All Busy", retry_after: "7s" },
        },
      },
      limits: { header_bytes: "2KiB", request_bytes: "4KiB" },
      keepalive: { interval: "2s" },
      rate_limits: { per_source: { requests_per_second: 5 }, per_listener: { requests_per_second: 40 } },
      timers: { t1: "100ms", t2: "400ms", linger: "1s", dialog: "60s" },
    },
  },
  {
    name: "two workers",
    workers: 2,
    data: {
      listeners: [{ uri: "udp://10.9.9.1:5060", advertise: "lb.example.com" }, "udp://[2001:db8::1]:5070"],
      sets: {
        media: { algorithm: "consistent-hash", destinations: POOL, failover: FAST },
        weighted: { algorithm: "weighted", destinations: [{ uri: "sip:10.0.2.1", weight: 3 }, "sip:10.0.2.2"] },
      },
      routes: [
        { method: ["REGISTER", "OPTIONS", "MESSAGE"], set: "weighted", forwarding: "stateless" },
        { set: "media" },
      ],
    },
  },
  {
    name: "forking",
    workers: 2,
    data: {
      listeners: [{ uri: "udp://10.9.9.1:5060", contact: "repair" }, "udp://[2001:db8::1]:5060"],
      sets: {
        group: {
          algorithm: "parallel",
          destinations: [...POOL, { uri: "sip:10.0.0.4:5060", large_requests: "udp" }],
          max_branches: 3,
          failover: { ...FAST, ring_limit: "2s" },
        },
        spared: { algorithm: "kamailio:64", destinations: ["sip:10.0.3.1", "sip:10.0.3.2"], failover: FAST },
        voicemail: { algorithm: "kamailio:12", destinations: ["sip:10.0.2.1", "sip:10.0.2.2"], failover: FAST },
      },
      routes: [{ method: ["REGISTER", "OPTIONS", "MESSAGE"], set: "spared" }, { sets: ["group", "voicemail"] }],
      timers: { t1: "100ms", t2: "400ms", linger: "1s", dialog: "60s" },
    },
  },
  {
    name: "mostly stateless",
    workers: 2,
    data: {
      listeners: [{ uri: "udp://10.9.9.1:5060", contact: "repair" }, "udp://[2001:db8::1]:5060"],
      sets: {
        media: { algorithm: "hash-request-uri", destinations: [...POOL, "sip:[2001:db8::11]:5060"] },
        first: { algorithm: "priority", destinations: [{ uri: "sip:10.0.2.1", priority: 9 }, "sip:10.0.2.2"] },
      },
      forwarding: "stateless",
      routes: [
        { method: ["SUBSCRIBE", "INVITE"], to: "b*@*", set: "first", forwarding: "stateful" },
        { set: "media", key: "call-id" },
      ],
    },
  },
];

/** One configuration, compiled. */
export interface Setting {
  readonly name: string;
  readonly workers: number;
  /** Numeric addresses that may vouch for others, besides the destinations. */
  readonly trusted: readonly string[];
  readonly snapshot: Snapshot;
  /** The same while the process shuts down, with the keys exchanged: what a worker may be given meanwhile. */
  readonly closing: Snapshot;
}

/** Compiles all. */
export async function settings(): Promise<readonly Setting[]> {
  const all: Setting[] = [];
  for (const { name, workers, trusted = [], data } of SOURCES) {
    const snapshot = await compiled(configOf({ ...data, trusted, keys: KEYS }), 1, false);
    const closing = await compiled(configOf({ ...data, trusted, keys: [...KEYS].reverse() }), 2, true);
    all.push({ name, workers, trusted, snapshot, closing });
  }
  return all;
}

async function compiled(config: Config, generation: number, closing: boolean): Promise<Snapshot> {
  const destinations = rowsOf(config, new Map());
  const identities = slotIdentities(destinations);
  const placed = placeDestinations(config, destinations, identities, [...identities.keys()], new TlsIdentities());
  const setRows = [...config.sets.keys()];
  const result = compile(config, { generation, placed, rows: placed.length, setRows, ports: [], keys: [], closing });
  if (!result.ok) throw new Error(result.problems.join("; "));
  return result.snapshot;
}
