// What the tests of forking have in common: sets that ring all at once, and what left in short words.

import type { DispatchAction } from "../bridge/route-entry.ts";
import type { Snapshot } from "../bridge/snapshot.ts";
import { DestinationColumn } from "../bridge/snapshot.ts";
import { type Left, Rig, type RigOptions } from "./rig-fake.ts";
import { kind, type RequestFields, request } from "./rig-message.ts";

/** What left, as `METHOD to` or `status to`. */
export const brief = (left: readonly Left[]): string[] => left.map(({ text, to }) => `${kind(text)} ${to}`);
/** Of what left, that of one method or status. */
export const only = (left: readonly Left[], method: string): readonly Left[] =>
  left.filter(({ text }) => kind(text) === method);

/** A rig whose only set rings all at once. */
export function parallel(options: RigOptions = {}): Rig {
  return new Rig({ destinations: 3, algorithm: "parallel", maxBranches: 12, ...options });
}

/** The same, and what its destinations got. */
export function forked(options: RigOptions = {}, fields: RequestFields = {}): { rig: Rig; sent: readonly Left[] } {
  const rig = parallel(options);
  return { rig, sent: rig.receive(request("INVITE", fields)) };
}

/** Destinations 0 and 1 in one set, 2 and 3 in another that forks or not, one route to both. */
export function twoSets(second: "parallel" | "priority", failover: RigOptions["failover"] = {}): Rig {
  const reshape = (snapshot: Snapshot): Snapshot => {
    for (const slot of [2, 3])
      snapshot.destinations[slot * (snapshot.destinations.length / 4) + DestinationColumn.set] = 1;
    const [set] = snapshot.sets;
    const halves = [0, 1].map((index) => ({
      ...set!,
      index,
      name: String(index),
      algorithm: index === 0 ? "parallel" : second,
      maxBranches: index === 0 || second === "parallel" ? 12 : 1,
      slots: set!.slots.slice(index * 2, index * 2 + 2),
      weights: set!.weights.slice(0, 2),
      maxCalls: set!.maxCalls.slice(0, 2),
    }));
    const routes = snapshot.routes.map((route) => ({
      ...route,
      action: { ...(route.action as DispatchAction), others: [1] },
    }));
    return { ...snapshot, sets: halves, routes };
  };
  return parallel({ destinations: 4, failover: { codes: [480, 503], tries: 3, ...failover }, reshape });
}
