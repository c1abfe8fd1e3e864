// A user's own algorithm on the packet path: whatever it does, short of never coming back, the call has a destination of the set and the
// worker goes on.

import { selectSpread } from "../dispatch/hash-slots.ts";
import { type Algorithm, type DispatcherSet, KeySource, type Live } from "../dispatch/types.ts";
import { type HangWatch, markOf } from "./hang-watch.ts";
import { textOf } from "./thrown.ts";
import { viewOf } from "./view.ts";

/** Hears of every choice that an algorithm did not make; `what` says why, the first time. */
export type FaultListener = (set: string, algorithm: string, what: string) => void;

/** What is below an algorithm. */
export interface Net {
  readonly onFault: FaultListener;
  readonly watch: HangWatch;
}

const HUNG = "it did not come back, which cost a worker; it is asked again when its file is another one";
/** Most candidates that anybody asks for; more are not looked at. */
const MOST_CANDIDATES = 64;

/**
 * The algorithm of `set`, made of `text`, with a net below it. What it throws, and lists with a slot that is not of the set, or with one twice, are
 * faults; `fallback` then makes the list. Destinations of its list that are not usable are left out. It sees copies of the set's
 * tables and reads of the live ones what `OwnLive` names; all that it can change is its set's turn.
 */
export function guarded(set: DispatcherSet, fallback: Uint16Array, text: string, net: Net): Algorithm {
  const { algorithm: own, name } = set;
  const { onFault, watch } = net;
  const mark = markOf(text);
  const isSuspect = watch.isSuspect(mark);
  const { view, reading, look } = viewOf(set);
  const spread: DispatcherSet = { ...set, table: fallback };
  const members = new Uint8Array(1 + set.slots.reduce((most, slot) => Math.max(most, slot), 0));
  for (const slot of set.slots) members[slot] = 1;
  const lists = Array.from({ length: MOST_CANDIDATES + 1 }, (_, length) => new Uint16Array(length));
  const hashes = own.key !== KeySource.none || own.needsKey === true;
  let isTold = false;
  return {
    ...own,
    select(_set: DispatcherSet, key: number, live: Live, out: Uint16Array): number {
      let what = HUNG;
      if (!isSuspect) {
        const list = lists[Math.min(out.length, MOST_CANDIDATES)]!;
        look(live);
        watch.enter(mark);
        try {
          const count = own.select(view, key, reading, list);
          watch.leave();
          if (isList(list, count, members)) return takeUsable(list, count, live, out);
          if (!isTold) what = `select returned ${count}, and [${list.join(" ")}], of the slots [${slotsOf(set)}]`;
        } catch (error) {
          if (!isTold) what = `select threw ${textOf(error, true)}`;
          watch.leave();
        }
      }
      onFault(name, own.name, isTold ? "" : what);
      isTold = true;
      return selectSpread(spread, hashes ? key : live.random(), live, out);
    },
  };
}

function slotsOf(set: DispatcherSet): string {
  return set.slots.subarray(0, 16).join(" ");
}

/** Whether it is a number of slots of the set, none of them twice. */
function isList(list: Uint16Array, count: number, members: Uint8Array): boolean {
  if (!(count >= 0 && count <= list.length) || count !== Math.floor(count)) return false;
  for (let i = 0; i < count; i++) {
    const slot = list[i]!;
    if (slot >= members.length || members[slot] === 0) return false;
    for (let other = 0; other < i; other++) if (list[other] === slot) return false;
  }
  return true;
}

function takeUsable(list: Uint16Array, count: number, live: Live, out: Uint16Array): number {
  let taken = 0;
  for (let i = 0; i < count; i++) if (live.isUsable(list[i]!)) out[taken++] = list[i]!;
  return taken;
}
