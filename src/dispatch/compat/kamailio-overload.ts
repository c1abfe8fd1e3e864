// Kamailio 64: turns, in which those are left out that have said how much they want to be spared.
import { type DispatcherSet, KeySource, type Live } from "../types.ts";
import type { CompatAlgorithm } from "./compat-algorithm.ts";
import { appendDefault, selectFrom, workingSize } from "./linear-probing.ts";

/** Algorithm 64. */
export const kamailioOverload: CompatAlgorithm = {
  name: "kamailio:64",
  summary: "Each destination in turn, less those that want to be spared of this request (overload control, RFC 7339).",
  key: KeySource.none,
  uses: ["order"],
  goesBy: "the turn and what destinations say about their overload",
  heedsOverload: true,
  isPure: false,
  beside: "round-robin",
  difference: "Takes no part in overload control; a destination's 503 with Retry-After is heeded by all.",
  deviation:
    "What destinations say is taken from the Via of their responses (RFC 7339), where theirs waits for a script's `ds_oc_set_attrs`; a validity of 0 ends it, as the RFC has it. `ocrate` is not read.",
  compile: () => new Uint16Array(0),
  select(set: DispatcherSet, _key: number, live: Live, out: Uint16Array): number {
    const size = set.slots.length;
    if (size === 0 || out.length === 0) return 0;
    for (;;) {
      const cursor = live.cursor(set.index);
      const turn = (cursor >>> 0) % size;
      const position = unspared(set, turn, live);
      if (position < 0) return appendDefault(set, live, out, 0);
      if (live.moveCursor(set.index, cursor, position === size - 1 ? 0 : position + 1))
        return selectFrom(set, position, live, out);
    }
  },
};

/** The next position from `turn` on that is usable and takes this request; -1: there is none. */
function unspared(set: DispatcherSet, turn: number, live: Live): number {
  const size = workingSize(set);
  let position = turn % size;
  for (let i = 0; i < size; i++) {
    const slot = set.slots[position]!;
    if (live.isUsable(slot) && !live.sheds(slot)) return position;
    if (++position === size) position = 0;
  }
  return -1;
}
