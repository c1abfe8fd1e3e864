// The admin API's view of the process: main fits the two together, because neither side knows the other.
import type { AdminBackend, AuditView, DestinationView } from "./admin/backend.ts";
import type { CallPageView } from "./admin/call-list.ts";
import type { Probing } from "./admin/probing.ts";
import type { ResourceFigures } from "./admin/resources.ts";
import { type Changes, problemResource } from "./admin-changes.ts";
import { ControlWord } from "./bridge/worker-start.ts";
import { listenerUri } from "./config/sections/listeners.ts";
import { written } from "./config/written.ts";
import { writtenSets } from "./config/written-sets.ts";
import type { ResourceDrift } from "./control/audit.ts";
import type { Balancer } from "./control/balancer.ts";
import { type CallPage, type CallPlace, FIRST_CALL } from "./control/call-lists.ts";
import type { EventLog } from "./control/events.ts";
import type { PlacedDestination } from "./control/place.ts";
import { coreHash } from "./dispatch/core-hash.ts";
import { DestinationState } from "./dispatch/types.ts";
import type { ProbeMark } from "./health/probe-mode.ts";
import { isWell } from "./health/standby.ts";
import { nameOfState, stateOf } from "./health/state.ts";
import { FULL } from "./net/queue-gauge.ts";
import { METHOD_NAMES } from "./sip/method.ts";

/** Without an API nobody asks. */
const NO_API = { tokens: [], kamailioRpc: false, opensipsMi: false };

/** What those know who read the tables. */
export type Tables = Pick<AdminBackend, "sources" | "sourceRows" | "readSources">;

/** The backend of a running balancer. */
export function adminBackend(
  balancer: Balancer,
  changes: Changes,
  events: EventLog,
  version: string,
): Omit<AdminBackend, keyof Tables> {
  const { control, health, workers, live, memory } = balancer;
  return {
    live,
    counters: memory.counters,
    methods: METHOD_NAMES,
    process: () => ({
      version,
      generation: control.inForce.snapshot.generation,
      closing: control.isClosing,
      reloads: control.reloads,
      loadedAt: control.inForce.since,
    }),
    access: () => control.inForce.config.admin ?? NO_API,
    hasSpare: () => workers.hasSpare,
    lostFlows: () => workers.control.lostFlows,
    workers: () =>
      workers.status().map(({ index, isReady, restarts, lastFailure, transactions, dialogs }) => ({
        index,
        ready: isReady,
        restarts,
        lastFailure,
        transactions,
        dialogs,
        keptFlows: workers.control.read(index, ControlWord.keptFlows),
        fill: workers.control.read(index, ControlWord.fill) / FULL,
      })),
    listeners: () =>
      control.inForce.config.listeners.map((listener) => {
        const { name, transport } = listener;
        return { name, transport, uri: listenerUri(listener) };
      }),
    streams: () => balancer.streams?.view() ?? null,
    certificates: () =>
      control.inForce.config.tls.flatMap(({ name, certificates }) =>
        certificates.map(({ files, expires }) => ({ profile: name, file: files.cert, expires })),
      ),
    revocations: () =>
      control.inForce.config.tls
        .filter(({ crlExpires }) => Number.isFinite(crlExpires))
        .map(({ name, crlFile, crlExpires }) => ({ profile: name, file: crlFile, expires: crlExpires })),
    sets: () => control.inForce.config.sets.map(({ name, algorithm }) => ({ name, algorithm })),
    destinations: () => control.inForce.placed.map((placed) => viewOf(balancer, placed)),
    config: () => written(control.inForce.config),
    wholeSets: () => writtenSets(control.inForce.config.sets, true),
    dns: () => ({
      counts: balancer.dnsCounts,
      names: control.locations.size,
      stale: [...control.locations.values()].filter(({ why, targets }) => why !== "" && targets.length > 0).length,
    }),
    async audit(isRepair) {
      const { workers: done, missing, entries, resources: drifts } = await balancer.audit.run(isRepair);
      const rows = entries.map(({ slot, ...found }) => {
        const target = health.registry.target(slot);
        return { set: target?.set ?? null, name: target?.name ?? (slot < 0 ? null : `removed, row ${slot}`), ...found };
      });
      return { workers: done, missing, rows, resources: drifts.map((found) => auditedResource(balancer, found)) };
    },
    async listCalls(slot, isWhole, after, limit) {
      const from = after === "" ? FIRST_CALL : callPlace(after);
      return from === null
        ? null
        : callPage(balancer, await balancer.callLists.list(rowsOf(balancer, slot, isWhole), from, limit));
    },
    forgetCalls(slot, isWhole) {
      return balancer.audit.forgetCalls(rowsOf(balancer, slot, isWhole), "an operator says so");
    },
    coreHash(first, second) {
      const bytes = Buffer.from(first + second, "utf8");
      const split = Buffer.byteLength(first, "utf8");
      return coreHash(bytes, 0, split, split, bytes.length) >>> 0;
    },
    probing(wanted) {
      const before = health.prober.isActive;
      if (wanted !== undefined) health.prober.isActive = wanted;
      return before;
    },
    pauseProbes: (slots, isPaused) => health.pauseProbes(slots, isPaused),
    setState(slot, isWhole, state, reason, isMarked) {
      const { registry } = health;
      if (state === "active") endRests(balancer, slot, isWhole);
      const marked = isMarked ?? (state === "inactive" ? true : undefined);
      if (isWhole) registry.setStateOfAll(slot, stateOf(state), reason, marked);
      else registry.setState(slot, stateOf(state), reason, marked);
    },
    tellScore(slot, isWhole, score) {
      for (const row of rowsOf(balancer, slot, isWhole)) health.scores.tell(row, score);
    },
    apply: (change, options) => changes.apply(change, options),
    startOver: () => health.startOver(),
    async reload() {
      const before = written(control.inForce.config);
      const { ok, generation, problems } = await changes.reload();
      const difference = ok ? { before, after: written(control.inForce.config) } : null;
      return { ok, generation, problems: problems.map(problemResource), difference };
    },
    events,
    injectFault(worker, fault) {
      workers.control.write(worker, ControlWord.fault, fault === "throw" ? 1 : 2);
      workers.wake(worker);
    },
    injectStreamFault: (fault) => balancer.streams?.injectFault(fault),
    watchProbes: (listener) => balancer.watchProbes(listener),
  };
}

/** An operator who says "enable" knows better than the destination, which asked for a rest, and than what its calls say. */
function endRests(balancer: Balancer, slot: number, isWhole: boolean): void {
  const { rests, outliers } = balancer.health;
  for (const row of rowsOf(balancer, slot, isWhole)) {
    rests.end(row);
    outliers.end(row);
  }
}

/** The slots of a row, or of all rows of the destination that it belongs to. */
function rowsOf({ control }: Balancer, slot: number, isWhole: boolean): number[] {
  const { placed } = control.inForce;
  const origin = placed.find((one) => one.slot === slot)?.origin;
  return placed.filter((one) => one.slot === slot || (isWhole && one.origin === origin)).map((one) => one.slot);
}

/** A place as the API writes it: `WORKER.TABLE.ROW`; null: it is none. */
function callPlace(text: string): CallPlace | null {
  const [, worker, table, row] = /^(\d{1,2})\.([01])\.([1-9]\d{0,8})$/.exec(text) ?? [];
  return row === undefined ? null : { worker: Number(worker), table: Number(table), row: Number(row) };
}

function callPage({ control, health }: Balancer, { calls, next, missing }: CallPage): CallPageView {
  const { listeners } = control.inForce.config;
  return {
    calls: calls.map(({ slot, listener, ...call }) => {
      const name = health.registry.target(slot)?.name ?? "";
      return { ...call, name, listener: listeners[listener]?.name ?? "" };
    }),
    next: next === null ? null : `${next.worker}.${next.table}.${next.row}`,
    missing,
  };
}

/** A resource that the audit found wrong, by the first destination that has it. */
function auditedResource(
  { control }: Balancer,
  { account, resource, drift }: ResourceDrift,
): AuditView["resources"][number] {
  const { names, accounts } = control.inForce.snapshot.resources;
  const placed = control.inForce.placed.find(({ slot }) => accounts[slot] === account);
  const name = placed?.config.name ?? `removed, account ${account}`;
  return { set: placed?.set.name ?? null, name, resource: names[resource] ?? `number ${resource}`, drift };
}

/** Capacity and use of the named resources that a slot has. */
function resourcesOf({ control, live }: Balancer, slot: number): Readonly<Record<string, ResourceFigures>> {
  const { stride, names, accounts, capacities } = control.inForce.snapshot.resources;
  const account = accounts[slot] ?? -1;
  if (account < 0) return {};
  const figures = names.flatMap((name, number) => {
    const capacity = capacities[slot * stride + number] ?? -1;
    return capacity < 0 ? [] : [[name, { capacity, load: live.resourceLoad(account, number) }] as const];
  });
  return Object.fromEntries(figures);
}

/** What a FreeSWITCH has told last. */
function weightNow({ control }: Balancer, name: string, slot: number): number {
  const set = control.inForce.snapshot.sets.find((one) => one.name === name);
  return set?.weights[set.slots.indexOf(slot)] ?? 0;
}

function probingOf({ health }: Balancer, set: PlacedDestination["set"], probe: ProbeMark, slot: number): Probing {
  if (set.probe === null || probe === "never") return "off";
  return health.isPaused(slot) || !health.prober.isActive ? "paused" : "on";
}

function viewOf(balancer: Balancer, { origin, config, set, slot, address, port }: PlacedDestination): DestinationView {
  const { health, live } = balancer;
  const record = health.registry.get(slot);
  const { name, uri, weight, priority, maxCalls, host, transport, listener, attrs, probe } = config;
  const last = record?.lastProbe ?? null;
  const [rest, ejection] = [health.rests.reason(slot), health.outliers.reason(slot)];
  // What is down for another reason shows that one.
  const isShown = record !== undefined && isWell(record.state);
  const isEjected = ejection !== "" && isShown;
  const isResting = rest !== "" && isShown && !isEjected;
  const shown = () =>
    isEjected
      ? "ejected"
      : isResting
        ? "resting"
        : live.isStandby(slot)
          ? "standby"
          : nameOfState(record?.state ?? DestinationState.inactive);
  return {
    slot,
    set: set.name,
    name,
    configured: origin.name,
    uri,
    weight: config.weightFrom === undefined ? weight : weightNow(balancer, set.name, slot),
    priority,
    maxCalls,
    resources: resourcesOf(balancer, slot),
    host,
    address,
    port,
    transport,
    listener,
    probed: config,
    attrs,
    probe,
    probing: probingOf(balancer, set, probe, slot),
    isPaused: health.isPaused(slot),
    isMarked: record?.marked ?? false,
    state: record === undefined ? "inactive" : shown(),
    reason: isEjected
      ? ejection
      : isResting
        ? rest
        : live.isStandby(slot)
          ? "servers of a better SRV priority can be used"
          : (record?.reason ?? ""),
    since: record?.since ?? 0,
    meanCall: health.callLengths.mean(slot),
    untilEmpty: health.callLengths.untilEmpty(slot),
    // A suspect counts as one that needs a single good probe: that is no count.
    resultsInRow: Math.min(record?.count ?? 0, 2 ** 31) % 2 ** 31,
    roundTrips: health.prober.latency(slot) ?? null,
    lastProbe:
      last === null
        ? null
        : {
            at: new Date(last.at).toISOString(),
            outcome: last.outcome,
            what: last.what,
            rtt_ms: last.rtt < 0 ? null : last.rtt,
          },
  };
}
