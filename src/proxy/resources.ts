// Named resources of the call that a branch or a dialog stands for: taken where it is tried, all or none, and given back with
// it. What is held is written down in the row, so that it is given back where it was taken, whatever a reload has changed.
import { DestinationColumn } from "../bridge/snapshot.ts";
import type { Context } from "./context.ts";

/** Takes `needed` on `slot`; returns one more than the account, 0: nothing is needed, -1: there is not enough of it. */
export function takeResources(c: Context, needed: number, slot: number): number {
  if (needed === 0) return 0;
  const { destinations, resources } = c.adopted.snapshot;
  const { accounts, capacities, stride } = resources;
  const account = slot < accounts.length ? accounts[slot]! : -1;
  if (account < 0) return -1;
  // Its own set, which need not be the first one of the route.
  const set = destinations[c.adopted.row(slot) + DestinationColumn.set]!;
  if (c.adopted.sets[set]!.dispatch.rule.mayOverbook) c.live.resources.force(c.worker, account, needed);
  else if (!c.live.resources.take(c.worker, account, needed, capacities, slot * stride, stride)) return -1;
  return account + 1;
}

/** Takes `needed` on `slot`, there or not; returns one more than the account, 0: the destination has none. */
export function forceResources(c: Context, slot: number, needed: number): number {
  if (needed === 0 || slot < 0) return 0;
  const { accounts } = c.adopted.snapshot.resources;
  const account = slot < accounts.length ? accounts[slot]! : -1;
  if (account >= 0) c.live.resources.force(c.worker, account, needed);
  return account + 1;
}

/** Gives back what the row holds: `words[account]` is one more than the account, and 0 from now on. */
export function giveResources(c: Context, words: Int32Array, account: number, needed: number): void {
  const held = words[account]!;
  if (held === 0) return;
  words[account] = 0;
  c.live.resources.give(c.worker, held - 1, needed);
}
