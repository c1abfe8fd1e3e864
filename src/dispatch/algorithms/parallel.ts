// All at once: every destination rings, and who answers first has the call.
import { type Algorithm, type DispatcherSet, KeySource, type Live } from "../types.ts";

/** See `summary`. */
export const parallel: Algorithm = {
  name: "parallel",
  summary:
    "All destinations at once, as branches of one request: the first that answers has the call, the others are cancelled.",
  key: KeySource.none,
  kamailio: [12],
  uses: ["order"],
  forks: true,
  isPure: true,
  compile: () => new Uint16Array(0),
  select({ slots }: DispatcherSet, _key: number, live: Live, out: Uint16Array): number {
    let count = 0;
    for (let i = 0; i < slots.length && count < out.length; i++) if (live.isUsable(slots[i]!)) out[count++] = slots[i]!;
    return count;
  },
};
