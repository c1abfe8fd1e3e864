// Candidates that are other addresses of one name: where it cannot be reached over one address family, it may be over the other
// (RFC 8305). Only those of equal SRV priority count: a worse one is for when all of these have failed (RFC 2782).
import { DestinationColumn } from "../bridge/snapshot.ts";
import { isV4 } from "../net/endpoint.ts";
import type { Context } from "./context.ts";
import { T } from "./transactions.ts";

/** A destination by itself, see `DestinationColumn.used`. */
const ALONE = 1;

/**
 * The candidate of the transaction at word `at`, of those that are still to be tried and may be now, that is address number `turn` (from
 * 0) to go to instead of `slot`: other addresses of its name, the families by turns, the other family first. -1: there are not so many.
 */
export function otherAddress(c: Context, at: number, slot: number, turn: number): number {
  if (slot < 0) return -1;
  const name = nameOf(c, slot);
  if (name <= ALONE) return -1;
  const others = count(c, at, name, slot, true);
  const same = count(c, at, name, slot, false);
  if (turn >= others + same) return -1;
  const pairs = Math.min(others, same);
  const isPaired = turn < 2 * pairs;
  const isOther = isPaired ? (turn & 1) === 0 : others > same;
  return find(c, at, name, slot, isOther, isPaired ? turn >> 1 : turn - pairs);
}

/** Who could not be reached at `slot` is tried over the other address family next, where its name has an address there. */
export function preferOtherFamily(c: Context, at: number, slot: number): void {
  const other = otherAddress(c, at, slot, 0);
  if (other >= 0 && isV4At(c, other) !== isV4At(c, slot)) moveUp(c, at, other, c.transactions.words[at + T.candidate]!);
}

/** Whether the destination is a candidate that is still to be tried. */
export function isToBeTried(c: Context, at: number, slot: number): boolean {
  return placeOf(c, at, slot) < c.transactions.words[at + T.candidates]!;
}

/** Moves a candidate that is still to be tried up to `place`; those in between move down. */
export function moveUp(c: Context, at: number, slot: number, place: number): void {
  const { slots } = c.transactions;
  const first = (at + T.slots) * 2;
  for (let from = placeOf(c, at, slot); from > place; from--) slots[first + from] = slots[first + from - 1]!;
  slots[first + place] = slot;
}

function placeOf(c: Context, at: number, slot: number): number {
  const { words, slots } = c.transactions;
  const first = (at + T.slots) * 2;
  let place = words[at + T.candidate]!;
  while (place < words[at + T.candidates]! && slots[first + place] !== slot) place++;
  return place;
}

/** How many there are of its family, or of the other one. */
function count(c: Context, at: number, name: number, slot: number, isOther: boolean): number {
  const { words, slots } = c.transactions;
  const first = (at + T.slots) * 2;
  let found = 0;
  for (let i = words[at + T.candidate]!; i < words[at + T.candidates]!; i++)
    if (isOne(c, slots[first + i]!, name, slot, isOther)) found++;
  return found;
}

function find(c: Context, at: number, name: number, slot: number, isOther: boolean, skipped: number): number {
  const { words, slots } = c.transactions;
  const first = (at + T.slots) * 2;
  let left = skipped;
  for (let i = words[at + T.candidate]!; i < words[at + T.candidates]!; i++)
    if (isOne(c, slots[first + i]!, name, slot, isOther) && left-- === 0) return slots[first + i]!;
  return -1;
}

function isOne(c: Context, candidate: number, name: number, slot: number, isOther: boolean): boolean {
  if (nameOf(c, candidate) !== name || (isV4At(c, candidate) !== isV4At(c, slot)) !== isOther) return false;
  return (c.live.isUsable(candidate) || c.live.isStandby(candidate)) && !c.live.isResting(candidate);
}

function nameOf(c: Context, slot: number): number {
  return c.adopted.snapshot.destinations[c.adopted.row(slot) + DestinationColumn.used]!;
}

function isV4At(c: Context, slot: number): boolean {
  return isV4(c.adopted.snapshot.destinations, c.adopted.row(slot) + DestinationColumn.endpoint);
}
