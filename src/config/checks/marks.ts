// Marks that keep destinations out for longer than their failure may be worth.
import { type Finding, type Path, warningAt } from "../finding.ts";
import type { FailoverConfig } from "../sections/failover.ts";
import type { Check } from "./check.ts";

/** Silence that nothing but a person takes back. */
export const silenceForGood: Check = {
  summary: "`timeout` among what marks, with `mark_as: disabled`: the network between may have been silent.",
  look({ sets, routes }): Finding[] {
    const find = ({ marksTimeout, markAs }: FailoverConfig, path: Path): Finding[] =>
      marksTimeout && markAs === "disabled" ? [warningAt(path, WHAT, HINT)] : [];
    return [
      ...sets.flatMap(({ name, failover }) => find(failover, ["sets", name, "failover", "mark_as"])),
      ...routes.flatMap(({ action }, index) => {
        if (action.kind !== "dispatch" || action.failover === undefined) return [];
        const { failover } = action;
        // What it has from its set has been told there.
        if (failover.marks === undefined && failover.markAs === undefined) return [];
        const set = sets.find(({ name }) => name === action.set);
        const key = failover.markAs === undefined ? "mark" : "mark_as";
        return set === undefined ? [] : find({ ...set.failover, ...failover }, ["routes", index, "failover", key]);
      }),
    ];
  },
};

const WHAT = "a destination that does not answer once is disabled, and stays so until somebody enables it";
const HINT = "mark_as: inactive, or mark_after: 3, or mark codes only";
