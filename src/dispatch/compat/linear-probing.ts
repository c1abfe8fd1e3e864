// How Kamailio and OpenSIPS go on from the destination that an algorithm has computed: to the next index, wrapping around.
import type { DispatcherSet, Live } from "../types.ts";

/** How many destinations take part in the choice: all but the last one under `useDefault`. */
export function workingSize(set: DispatcherSet): number {
  const size = set.slots.length;
  return set.useDefault && size > 1 ? size - 1 : size;
}

/**
 * Candidates from position `start` on (any number of 32 bits, taken as unsigned, modulo the working size): the first usable one
 * from there, those behind it, those before it, and the default destination at the end. See `Algorithm.select`.
 */
export function selectFrom(set: DispatcherSet, start: number, live: Live, out: Uint16Array): number {
  const { slots } = set;
  const size = workingSize(set);
  if (size === 0) return 0;
  let position = (start >>> 0) % size;
  let count = 0;
  for (let i = 0; i < size && count < out.length; i++) {
    const slot = slots[position]!;
    if (live.isUsable(slot)) out[count++] = slot;
    if (++position === size) position = 0;
  }
  return appendDefault(set, live, out, count);
}

/** Puts the default destination, where there is one, behind the `count` candidates in `out`; returns the new count. */
export function appendDefault(set: DispatcherSet, live: Live, out: Uint16Array, count: number): number {
  const { slots } = set;
  const last = slots.length - 1;
  if (workingSize(set) > last || count >= out.length || !live.isUsable(slots[last]!)) return count;
  out[count] = slots[last]!;
  return count + 1;
}

/** The first usable position from `start` on among the working ones; -1: none. */
export function probe(set: DispatcherSet, start: number, live: Live): number {
  const size = workingSize(set);
  if (size === 0) return -1;
  let position = (start >>> 0) % size;
  for (let i = 0; i < size; i++) {
    if (live.isUsable(set.slots[position]!)) return position;
    if (++position === size) position = 0;
  }
  return -1;
}
