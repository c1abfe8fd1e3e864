// The Maglev ring for traffic in which some keys are much louder than others: who has more than its share of calls is passed over.
import { compileRing } from "../maglev-ring.ts";
import { walkRing } from "../ring-walk.ts";
import { type Algorithm, type DispatcherSet, KeySource, type Live } from "../types.ts";

/** The same ring as consistent-hash: while nobody is above the bound, every key has the same destination under both. */
export const consistentHashBounded: Algorithm = {
  name: "consistent-hash-bounded",
  summary:
    "As consistent-hash, but who has more calls than `load_bound` times its share is passed over: the call goes on to the next on the ring.",
  key: KeySource.callId,
  keyElse: KeySource.callId,
  uses: ["weight", "bound"],
  goesBy: "the number of calls, where somebody has too many",
  isPure: false,
  compile: compileRing,
  select(set: DispatcherSet, key: number, live: Live, out: Uint16Array): number {
    return walkRing(set, key, live, out, true);
  },
};
