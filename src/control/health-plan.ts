// What health is to watch, derived from the placed destinations.
import type { LiveTables } from "../bridge/live-tables.ts";
import type { ListenerEntry } from "../bridge/snapshot.ts";
import type { SetConfig } from "../config/sections/sets.ts";
import { formatHostPort } from "../config/values/address.ts";
import { presetLatency } from "../config/values/latency-attributes.ts";
import { isStatusIn } from "../config/values/status.ts";
import type { HealthDestination } from "../health/health-record.ts";
import type { OutlierDestination } from "../health/outliers.ts";
import type { PassiveDestination } from "../health/passive.ts";
import { type ProbeMark, type ProbeRule, probeRule } from "../health/probe-mode.ts";
import type { ProbeDestination, ProbeSettings } from "../health/probe-task.ts";
import type { ScoreDestination } from "../health/scores.ts";
import type { SlowStartDestination } from "../health/slow-start.ts";
import { ENDPOINT_WORDS, formatAddress } from "../net/endpoint.ts";
import type { LossDestination } from "./lost-calls.ts";
import type { PlacedDestination } from "./place.ts";
import { type OwnAddress, sourceAddressFor } from "./source-address.ts";

/** Every destination, for the registry. */
export function healthDestinations(placed: readonly PlacedDestination[]): HealthDestination[] {
  return placed.map(({ target }) => target);
}

/** Those that are probed (whether just now is the mode's decision). */
export function probeDestinations(
  placed: readonly PlacedDestination[],
  listeners: readonly ListenerEntry[],
  own: readonly OwnAddress[],
): ProbeDestination[] {
  const settings = new Map<SetConfig, Map<ProbeMark, ProbeSettings | null>>();
  const targets: ProbeDestination[] = [];
  for (const { config, set, slot, endpoints, endpointAt, prober, unusable } of placed) {
    const ofSet = settings.get(set) ?? new Map<ProbeMark, ProbeSettings | null>();
    settings.set(set, ofSet);
    const probe = ofSet.has(config.probe) ? ofSet.get(config.probe) : settingsOf(set, config.probe);
    if (probe !== undefined) ofSet.set(config.probe, probe);
    const listener = listeners[prober];
    if (probe === null || probe === undefined || listener === undefined || unusable !== "") continue;
    const { probeFrom: from } = config;
    const endpoint = endpoints.slice(endpointAt, endpointAt + ENDPOINT_WORDS);
    const sentBy = sentByOf(listener, endpoint, own);
    const { transport } = listener;
    const { uri, attrs } = config;
    targets.push({
      slot,
      uri,
      endpoint,
      listener: prober,
      sentBy,
      transport,
      presetLatency: presetLatency(attrs),
      settings: from === undefined ? probe : { ...probe, from },
    });
  }
  return targets;
}

/** Gives the latency that they are said to begin with to those of which none is known. */
export function presetLatencies(placed: readonly PlacedDestination[], { latencies }: LiveTables): void {
  for (const { slot, config } of placed) {
    const preset = presetLatency(config.attrs);
    if (preset > 0 && latencies.lately(slot) === 0) latencies.set(slot, preset * 1000);
  }
}

/** Those that calls may condemn. */
export function passiveDestinations(placed: readonly PlacedDestination[]): PassiveDestination[] {
  return placed
    .filter(({ unusable }) => unusable === "")
    .map(({ slot, set, config }) => ({
      slot,
      failures: set.passive.failures,
      // A one-shot probe does not bring anything back for sure.
      isProbed: set.probe !== null && isProbedAgain(probeRule(set.probe.mode, config.probe)),
    }));
}

/** Those whose failures are judged. */
export function outlierDestinations(placed: readonly PlacedDestination[]): OutlierDestination[] {
  return placed.flatMap(({ slot, set, unusable }) =>
    set.outliers === null || unusable !== "" ? [] : [{ slot, set: set.name, settings: set.outliers }],
  );
}

/** What each is worth. */
export function scoreDestinations(placed: readonly PlacedDestination[]): ScoreDestination[] {
  return placed.map(({ slot, target, config }) => ({ slot, subject: target, score: config.score }));
}

/** Those that start slowly. */
export function slowStartDestinations(placed: readonly PlacedDestination[]): SlowStartDestination[] {
  return placed.flatMap(({ slot, set }) => (set.slowStart === 0 ? [] : [{ slot, time: set.slowStart }]));
}

/** Those whose calls are over when they have been down for long. `accounts`: where resources are counted, by slot. */
export function lossDestinations(placed: readonly PlacedDestination[], accounts: Int32Array): LossDestination[] {
  return placed.map(({ slot, set }) => ({ slot, account: accounts[slot] ?? -1, after: set.passive.callsLostAfter }));
}

function isProbedAgain(rule: ProbeRule | null): boolean {
  return rule !== null && rule !== "once";
}

function settingsOf({ probe }: SetConfig, mark: ProbeMark): ProbeSettings | null {
  const mode = probe === null ? null : probeRule(probe.mode, mark);
  if (probe === null || mode === null) return null;
  const { method, every, timeout, accept, from, downAfter, upAfter, latencyAlpha: newestShare } = probe;
  const accepts = (status: number) => isStatusIn(accept, status);
  return { method, every, timeout, thresholds: { downAfter, upAfter }, mode, accepts, from, newestShare };
}

function sentByOf(listener: ListenerEntry, endpoint: Int32Array, own: readonly OwnAddress[]): string {
  const bound = formatHostPort(listener.host, listener.port);
  if (!listener.isWildcard || listener.sentBy !== bound) return listener.sentBy;
  return formatHostPort(sourceAddressFor(formatAddress(endpoint, 0), own), listener.port);
}
