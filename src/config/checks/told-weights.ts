// Weights that a FreeSWITCH tells, where nobody looks at them when a destination is chosen.
import { type Finding, warningAt } from "../finding.ts";
import { algorithmIn } from "../own-algorithms.ts";
import type { Check } from "./check.ts";

/** An event socket as a weight that does nothing. */
export const idleToldWeights: Check = {
  summary: "An event socket (`fs://`) as the weight of a destination whose set does not read weights at each choice.",
  look({ sets, algorithms }): Finding[] {
    return sets.flatMap(({ name, algorithm, destinations }) => {
      const at = destinations.findIndex(({ weightFrom }) => weightFrom !== undefined);
      if (at < 0 || algorithmIn(algorithms, algorithm)?.weighsNow === true) return [];
      const what = `a weight that a FreeSWITCH tells does nothing under ${algorithm}: it is 100`;
      return [warningAt(["sets", name, "destinations", at, "weight"], what, 'algorithm: "opensips:4", or two-choices')];
    });
  },
};
