// What a user's algorithm is shown of the set and of the present: copies and questions, so that it can change nothing that others use.
import type { DispatcherSet, Live } from "../dispatch/types.ts";
import type { OwnLive, OwnSet } from "./own-algorithm.ts";

/** What `select` is given. */
export interface OwnView {
  readonly view: DispatcherSet;
  readonly reading: Live;
  /** From now on `reading` answers by these tables. */
  readonly look: (live: Live) => void;
}

/** Of this set: only what `OwnSet` and `OwnLive` name, whatever their types say here. */
export function viewOf({ index, slots, weights, maxCalls, table, facts, loadBound }: DispatcherSet): OwnView {
  const own: OwnSet = {
    index,
    slots: slots.slice(),
    weights: weights.slice(),
    maxCalls: maxCalls.slice(),
    table: table.slice(),
    facts: Object.freeze(facts.map((one) => Object.freeze({ ...one, attrs: Object.freeze({ ...one.attrs }) }))),
    loadBound,
  };
  let present: Live;
  const reading: OwnLive = {
    isUsable: (slot) => present.isUsable(slot),
    load: (slot) => present.load(slot),
    latency: (slot) => present.latency(slot),
    congestion: (slot) => present.congestion(slot),
    answerTime: (slot) => present.answerTime(slot),
    score: (slot) => present.score(slot),
    // Whatever set is asked for.
    turn: () => present.turn(index),
    random: () => present.random(),
  };
  return {
    view: Object.freeze(own) as DispatcherSet,
    reading: Object.freeze(reading) as Live,
    look(live) {
      present = live;
    },
  };
}
