// Named resources: how much a destination has of each, how much of it is free, and what a request needs. What is needed is a
// number with a bit for each resource.
import type { ResourceRule, ResourceTable } from "./types.ts";

/** Most resources with different names in one configuration. */
export const MAX_RESOURCES = 31;
/** What `freeOf` says of a destination that does not have all that is needed. */
export const LACKING = -0x80000000;
/** What `freeOf` says where nothing is needed. */
export const NOTHING_NEEDED = 0x7fffffff;
/** In a demand: it is no call, takes nothing, and may go to whom is full. */
const NO_CALL = 1 << 31;

/** Of a snapshot in which nobody has any. */
export const NO_RESOURCES: ResourceTable = {
  stride: 0,
  accounts: new Int32Array(0),
  capacities: new Int32Array(0),
};
/** What applies where a set says nothing about resources. */
export const PLAIN_RULE: ResourceRule = { isRelative: false, mayOverbook: false, isByChance: false };

/** The key of algorithms that go by resources: what is needed, and whether it is by a call, which takes it. */
export function demandOf(needed: number, isCall: boolean): number {
  return isCall ? needed : needed | NO_CALL;
}

/** Whether who makes this demand takes what it needs. */
export function isCall(demand: number): boolean {
  return (demand & NO_CALL) === 0;
}

/** What is needed, without `NO_CALL`. */
export function neededOf(demand: number): number {
  return demand & ~NO_CALL;
}

/**
 * The least that a destination has free of all that is `needed`, as a number or in percents (whole ones, rounded up; of a capacity of 0
 * nothing is free). Below 0 where more is in use than there is. `LACKING`: it does not have all of it.
 */
export function freeOf(
  { stride, accounts, capacities }: ResourceTable,
  isRelative: boolean,
  slot: number,
  needed: number,
  live: { resourceLoad(account: number, resource: number): number },
): number {
  if (needed === 0) return NOTHING_NEEDED;
  const account = slot < accounts.length ? accounts[slot]! : -1;
  if (account < 0) return LACKING;
  let least = NOTHING_NEEDED;
  for (let number = 0, left = needed; left !== 0; number++, left >>>= 1) {
    if ((left & 1) === 0) continue;
    const capacity = number < stride ? capacities[slot * stride + number]! : -1;
    if (capacity < 0) return LACKING;
    const load = live.resourceLoad(account, number);
    const free = isRelative ? freePercent(capacity, load) : capacity - load;
    if (free < least) least = free;
  }
  return least;
}

/** As C divides whole numbers: what is in use counts in full percents only. */
function freePercent(capacity: number, load: number): number {
  return capacity === 0 ? 0 : 100 - Math.trunc((100 * load) / capacity);
}
