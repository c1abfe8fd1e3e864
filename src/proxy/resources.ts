// Named resources of the call that a transaction or a dialog stands for: taken where it is tried, all or none, and given back with
// it. What is held is written down in the row, so that it is given back where it was taken, whatever a reload has changed.
import { DestinationColumn } from "../bridge/snapshot.ts";
import type { Context } from "./context.ts";
import { T } from "./transactions.ts";

/** Takes on `slot` what the transaction at `at` needs; false when there is not enough of it. */
export function takeResources(c: Context, at: number, slot: number): boolean {
  const t = c.transactions.words;
  const needed = t[at + T.resources]!;
  if (needed === 0) return true;
  const { destinations, resources } = c.adopted.snapshot;
  const { accounts, capacities, stride } = resources;
  const account = slot < accounts.length ? accounts[slot]! : -1;
  if (account < 0) return false;
  // Its own set, which need not be the first one of the route.
  const set = destinations[c.adopted.row(slot) + DestinationColumn.set]!;
  if (c.adopted.sets[set]!.dispatch.rule.mayOverbook) c.live.resources.force(c.worker, account, needed);
  else if (!c.live.resources.take(c.worker, account, needed, capacities, slot * stride, stride)) return false;
  t[at + T.account] = account + 1;
  return true;
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
