// A user's own algorithm: calls fill one server after the other, so that those which are not needed stay empty and can be switched off.
//
//   algorithms: {fill-up: ./fill-up.ts}
//   sets:
//     media: {algorithm: "own:fill-up", destinations: [{uri: "sip:10.0.0.11", max_calls: 400}, {uri: "sip:10.0.0.12", max_calls: 400}]}
import type { OwnAlgorithm } from "../src/own/own-algorithm.ts";

/** Calls at those in `out`, so that a load that changes meanwhile does not disturb the order. Reused: nothing is made per call. */
const loads = new Int32Array(65_536);

export const algorithm: OwnAlgorithm = {
  summary: "The destination with the most calls that has room for one more.",
  goesBy: "the number of calls",
  select(set, _key, live, out) {
    const room = Math.min(out.length, set.slots.length);
    if (room === 0) return 0;
    let count = 0;
    for (let i = 0; i < set.slots.length; i++) {
      const slot = set.slots[i]!;
      if (!live.isUsable(slot)) continue;
      const calls = live.load(slot);
      const most = set.maxCalls[i]!;
      if (most > 0 && calls >= most) continue;
      if (count === room && calls <= loads[count - 1]!) continue;
      // Insertion: equals stay in the set's order.
      let at = count === room ? count - 1 : count++;
      for (; at > 0 && loads[at - 1]! < calls; at--) {
        loads[at] = loads[at - 1]!;
        out[at] = out[at - 1]!;
      }
      loads[at] = calls;
      out[at] = slot;
    }
    return count;
  },
};
