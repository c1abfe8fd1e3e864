// The books of a world: what its tables hold, and whether the loads of the destinations are the calls that somebody holds.
import { B, BRANCH_WORDS, BranchFlag, BranchState } from "../../src/proxy/branches.ts";
import { D, DIALOG_WORDS, DialogFlag, DialogState } from "../../src/proxy/dialogs.ts";
import { Violation } from "./watch.ts";
import type { World } from "./world.ts";

/** Throws unless every call that is counted belongs to a branch or a dialog, and none is counted below zero. */
export function audit(world: World, destinations: number): void {
  let loads = 0;
  for (let slot = 0; slot < destinations; slot++) {
    const load = world.live.load(slot);
    if (load < 0) throw new Violation(`load ${load} of destination ${slot}`);
    loads += load;
  }
  let calls = 0;
  for (const { context } of world.workers) {
    const { branches, dialogs, callsOutside } = context;
    if (callsOutside < 0) throw new Violation(`${callsOutside} calls outside`);
    loads += callsOutside;
    for (let row = 1, at = BRANCH_WORDS; row <= branches.capacity; row++, at += BRANCH_WORDS) {
      if (branches.words[at + B.state] === BranchState.free) continue;
      if ((branches.words[at + B.flags]! & BranchFlag.counted) !== 0) calls++;
    }
    for (let row = 1, at = DIALOG_WORDS; row <= dialogs.capacity; row++, at += DIALOG_WORDS) {
      if (dialogs.words[at + D.state] === DialogState.free) continue;
      if ((dialogs.words[at + D.flags]! & DialogFlag.counted) !== 0) calls++;
    }
  }
  if (calls !== loads) throw new Violation(`load ${loads}, but ${calls} calls`);
}

/** Everything that is still held; empty when nothing is. */
export function held(world: World, destinations: number): string {
  const left: string[] = [];
  for (const { context } of world.workers) {
    const { transactions, branches, dialogs, store, callsOutside } = context;
    const counts = {
      transactions: transactions.count,
      branches: branches.count,
      dialogs: dialogs.count,
      challenges: dialogs.challenged,
      "stored bytes": store.used,
      "calls outside": callsOutside,
      timers: transactions.wheel.armed + branches.wheel.armed + dialogs.wheel.armed,
    };
    for (const [name, count] of Object.entries(counts)) if (count !== 0) left.push(`${count} ${name}`);
  }
  for (let slot = 0; slot < destinations; slot++) {
    if (world.live.load(slot) !== 0) left.push(`load ${world.live.load(slot)} of destination ${slot}`);
  }
  return left.join(", ");
}
