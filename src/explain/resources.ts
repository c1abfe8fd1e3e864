// What calls of a route need, and what a destination has of that, in words.
import type { Rehearsal } from "../proxy/rehearsal.ts";
import type { ExplainedResource } from "./explanation.ts";
import type { Stage } from "./stage.ts";

/** Names of what a call takes that goes the way of the rehearsal. */
export function neededNames({ snapshot }: Stage, { route, isDispatched }: Rehearsal): string[] {
  const action = snapshot.routes[route]?.action;
  if (!isDispatched || action?.kind !== "dispatch") return [];
  return snapshot.resources.names.filter((_, number) => ((action.resources >>> number) & 1) === 1);
}

/** All that a destination has; loads are null where nobody knows them. */
export function resourcesOf(stage: Stage, slot: number, isLive: boolean): Readonly<Record<string, ExplainedResource>> {
  const { stride, names, capacities } = stage.snapshot.resources;
  const has = names.flatMap((name, number) => {
    const capacity = capacities[slot * stride + number] ?? -1;
    const load = isLive ? (stage.conditions[slot]?.resources?.[name] ?? 0) : null;
    return capacity < 0 ? [] : [[name, { capacity, load }] as const];
  });
  return Object.fromEntries(has);
}

/** `pstn 29 of 32, transc 100 of 100 free`; empty where nothing is needed. */
export function freeText(stage: Stage, rehearsal: Rehearsal, slot: number): string {
  const resources = resourcesOf(stage, slot, true);
  const parts = neededNames(stage, rehearsal).flatMap((name) => {
    const own = resources[name];
    return own === undefined ? [] : [`${name} ${own.capacity - (own.load ?? 0)} of ${own.capacity}`];
  });
  return parts.length === 0 ? "" : `${parts.join(", ")} free`;
}

/** Which of the resources that are needed a destination has not, or not any more; empty: it has room. */
export function shortage(stage: Stage, rehearsal: Rehearsal, slot: number): string {
  const needed = neededNames(stage, rehearsal);
  const resources = resourcesOf(stage, slot, true);
  const lacking = needed.filter((name) => !Object.hasOwn(resources, name));
  if (lacking.length > 0) return `has no ${lacking.join(", ")}`;
  const taken = needed.filter((name) => (resources[name]?.load ?? 0) >= (resources[name]?.capacity ?? 0));
  if (taken.length === 0) return "";
  return `all of its ${taken.map((name) => `${resources[name]?.capacity} ${name}`).join(", ")} in use`;
}
