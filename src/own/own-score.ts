// A user's algorithm that only says what each destination is worth: OpenSIPS's `algo_route`, as a function.
import { rank } from "../dispatch/lowest-first.ts";
import type { DestinationFacts, DispatcherSet, Live } from "../dispatch/types.ts";
import { hush } from "./started.ts";
import { textOf } from "./thrown.ts";

/** What it sees of the present. */
type ScoreLive = Pick<Live, "load" | "latency" | "congestion" | "answerTime" | "score" | "turn" | "random">;

/** The lower the better; below 0: not this one. Asked for every usable destination of the set at every choice. */
export type ScoreFunction = (
  uri: string,
  attrs: DestinationFacts["attrs"],
  scriptAttrs: string,
  slot: number,
  live: ScoreLive,
) => number;

/** The choice by such a function: the lowest first, equals in the set's order. Throws where it returns no number. */
export function scoring(
  score: ScoreFunction,
): (
  set: Pick<DispatcherSet, "slots" | "facts">,
  key: number,
  live: ScoreLive & Pick<Live, "isUsable">,
  out: Uint16Array,
) => number {
  return ({ slots, facts }, _key, live, out) => {
    const room = Math.min(out.length, slots.length);
    if (room === 0) return 0;
    let count = 0;
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i]!;
      if (!live.isUsable(slot)) continue;
      const { uri, attrs, scriptAttrs } = facts[i]!;
      const worth: unknown = score(uri, attrs, scriptAttrs, slot, live);
      if (typeof worth !== "number" || Number.isNaN(worth)) noNumber("score", worth);
      if (worth >= 0) count = rank(out, count, room, slot, worth);
    }
    return count;
  };
}

/** Throws what is wrong with a result of the function `name` that is no number. */
export function noNumber(name: string, result: unknown): never {
  if (!(result instanceof Promise)) throw new TypeError(`${name} returned ${textOf(result)}, which is no number`);
  hush(result);
  throw new TypeError(`${name} returned a promise, and nobody waits where a choice is made`);
}
