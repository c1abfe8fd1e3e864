// Congestion control where it does nothing.

import { type Finding, warningAt } from "../finding.ts";
import { algorithmIn } from "../own-algorithms.ts";
import { hasCongestionControl } from "../values/latency-attributes.ts";
import type { Check } from "./check.ts";

const OF_ALL = "kamailio:11";

/** `attrs: {cc: 1}` that nobody heeds. */
export const idleCongestionControl: Check = {
  summary: "A destination with congestion control (`cc`) that its set does not heed, or that nothing measures.",
  look({ sets, algorithms }): Finding[] {
    return sets.flatMap(({ name, algorithm, probe, destinations }) => {
      const controlled = destinations.findIndex(({ attrs }) => hasCongestionControl(attrs));
      if (controlled < 0) return [];
      const pathOf = (index: number) => ["sets", name, "destinations", index, "attrs"];
      const uses = algorithmIn(algorithms, algorithm)?.uses ?? [];
      if (!uses.includes("congestion")) {
        const what = `cc=1 (congestion control) does nothing under ${algorithm}`;
        return [warningAt(pathOf(controlled), what, "algorithm: kamailio:11, or kamailio:13")];
      }
      const other = destinations.findIndex(({ attrs }) => !hasCongestionControl(attrs));
      if (algorithm === OF_ALL && other >= 0) {
        const what = `cc=1 does nothing under ${OF_ALL} while a destination of set "${name}" is without it, as with Kamailio`;
        return [warningAt(pathOf(other), what, "attrs: {cc: 1}")];
      }
      // Where answer times count without it, that is told by another check.
      if (probe !== null || uses.includes("latency")) return [];
      return [
        warningAt(
          ["sets", name, "probe"],
          "cc=1 goes by the answer times of probes, and there are none",
          "probe: {every: 1s}",
        ),
      ];
    });
  },
};
