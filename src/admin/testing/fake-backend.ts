// A process that does what it is told and remembers it: for the shapes of the API and of the commands. What a real one does
// is for the scenarios.
import { createCountersMemory } from "../../bridge/counters.ts";
import { createLiveTablesMemory } from "../../bridge/live-memory.ts";
import { LiveTables } from "../../bridge/live-tables.ts";
import type { SourceView } from "../../config/tables/source-view.ts";
import { EventLog } from "../../control/events.ts";
import type { AccessView, AdminBackend, Applied, Change, DestinationView, Fault, StreamsView } from "../backend.ts";
import type { StateName } from "../resources.ts";

/** The backend, and what it was asked. */
export interface FakeBackend {
  readonly backend: AdminBackend;
  readonly seen: {
    readonly changes: Change[];
    readonly faults: [number, Fault][];
    reloads: number;
    readonly sources: string[];
  };
  /** By worker; tests write it. */
  readonly ready: boolean[];
  /** Who watches probes. */
  readonly probes: ((slot: number, outcome: "ok" | "bad", rtt: number) => void)[];
}

const SOURCE: SourceView = {
  name: "kamailio",
  kind: "kamailio",
  place: "mysql://kamailio@10.0.0.5/kamailio, table dispatcher",
  rows: 12,
  serving: "earlier",
  failure: "connect ECONNREFUSED",
  refusal: "",
  age: 3.14,
  next: 2,
  cacheFailure: "",
};

/** Makes one; these are what it says. */
export function fakeBackend(
  options: { closing?: boolean; result?: Applied; access?: AccessView; streams?: StreamsView } = {},
): FakeBackend {
  const workers = 2;
  const live = new LiveTables(createLiveTablesMemory(workers));
  const counters = createCountersMemory(workers);
  const destinations = [destination(0, "media1"), destination(1, "sip:10.0.0.12:5060;transport=udp")];
  const seen = { changes: [] as Change[], faults: [] as [number, Fault][], reloads: 0, sources: [] as string[] };
  const probes: ((slot: number, outcome: "ok" | "bad", rtt: number) => void)[] = [];
  const result = options.result ?? { ok: true, generation: 8, problems: [], difference: null };
  const events = new EventLog({ clock: () => 1_700_000_000_000, instance: "test" });
  const ready = [true, true];
  let isProbing = true;
  const sets = () => ({
    media: { destinations: destinations.map(({ name, uri, weight }) => ({ name, uri, weight })) },
  });
  const backend: AdminBackend = {
    live,
    counters,
    methods: ["unknown", "INVITE", "ACK"],
    process: () => ({
      version: "0.1.0",
      generation: 7,
      closing: options.closing ?? false,
      reloads: { ok: 3, failed: 1 },
      loadedAt: 1_700_000_000_000,
    }),
    access: () => options.access ?? { tokens: [], kamailioRpc: false, opensipsMi: false },
    hasSpare: () => true,
    lostFlows: () => 2,
    workers: () =>
      ready.map((isReady, index) => ({
        index,
        ready: isReady,
        restarts: index,
        lastFailure: "",
        transactions: 2,
        dialogs: 5,
        keptFlows: 3,
        fill: 0,
      })),
    listeners: () => [{ name: "udp://127.0.0.1:5060", uri: "udp://127.0.0.1:5060", transport: "udp" }],
    streams: () => options.streams ?? null,
    sources: () => [SOURCE],
    sourceRows: () => ({ skipped: 1, remarks: ["id 7, column setid: it is NULL: left out"] }),
    async readSources(name) {
      seen.sources.push(name ?? "all");
    },
    certificates: () => [{ profile: "default", file: "sip.pem", expires: 1_800_000_000_000 }],
    revocations: () => [{ profile: "trunk", file: "trunk.crl", expires: 1_900_000_000_000 }],
    sets: () => [{ name: "media", algorithm: "call-load" }],
    destinations: () =>
      isProbing ? destinations : destinations.map((one) => ({ ...one, probing: "paused" as const })),
    wholeSets: sets,
    config: () => ({
      keys: ["0123456789abcdef0123456789abcdef"],
      sets: sets(),
      routes: [{ name: "all", set: "media", key: "call-id" }],
    }),
    dns: () => ({ counts: { queries: 4, garbage: 1 }, names: 2, stale: 1 }),
    pauseProbes(slots, isPaused) {
      for (const [at, one] of destinations.entries())
        if (slots.includes(one.slot)) destinations[at] = { ...one, probing: isPaused ? "paused" : "on", isPaused };
    },
    coreHash: (first, second) => first.length + second.length,
    probing(wanted) {
      const before = isProbing;
      isProbing = wanted ?? isProbing;
      return before;
    },
    setState(slot, _isWhole, state, reason, isMarked) {
      const at = destinations.findIndex((known) => known.slot === slot);
      const before = destinations[at];
      if (before === undefined) return;
      destinations[at] = { ...before, state, reason, isMarked: isMarked ?? (state === "inactive" || before.isMarked) };
    },
    audit: () => Promise.resolve({ workers: [0, 1], missing: [], rows: [], resources: [] }),
    async listCalls(_slot, _isWhole, after) {
      const call = { worker: 0, name: "media1", isTalking: true, age: 61_000, session: 0, listener: "edge" };
      if (after === "") return { calls: [{ ...call, caller: "192.0.2.7:5060" }], next: "1.0.1", missing: [] };
      return after === "1.0.1" ? { calls: [], next: null, missing: [1] } : null;
    },
    forgetCalls: () => Promise.resolve({ forgotten: 0, made: 0 }),
    async apply(change, given) {
      given?.check();
      if (given?.isDryRun !== true) seen.changes.push(change);
      return result;
    },
    events,
    startOver() {
      for (const [at, one] of destinations.entries())
        destinations[at] = { ...one, state: "active", reason: "configuration" };
    },
    tellScore: (slot, _isWhole, score) => live.setScore(slot, score ?? 0),
    reload() {
      seen.reloads++;
      return Promise.resolve(result);
    },
    injectStreamFault: () => undefined,
    injectFault: (worker, fault) => void seen.faults.push([worker, fault]),
    watchProbes: (listener) => void probes.push(listener),
  };
  return { backend, seen, ready, probes };
}

function destination(slot: number, name: string, state: StateName = "active"): DestinationView {
  const uri = `sip:10.0.0.${slot + 11}:5060`;
  const since = Date.UTC(2026, 0, 2, 3, 4, 5);
  return {
    slot,
    set: "media",
    name,
    configured: name,
    uri,
    weight: 1,
    priority: 0,
    maxCalls: 400,
    resources: slot === 0 ? { pstn: { capacity: 32, load: 3 }, transc: { capacity: 100, load: 0 } } : {},
    host: `10.0.0.${slot + 11}`,
    address: `10.0.0.${slot + 11}`,
    port: 5060,
    transport: "udp",
    listener: undefined,
    attrs: {},
    probe: "default",
    probing: "on",
    isPaused: false,
    isMarked: false,
    state,
    reason: "configuration",
    since,
    lastProbe: null,
    resultsInRow: 0,
    roundTrips: null,
    meanCall: null,
    untilEmpty: null,
  };
}
