// Marks that keep destinations out for longer than their failure may be worth.
import { type Finding, type Path, warningAt } from "../finding.ts";
import type { FailoverConfig } from "../sections/failover.ts";
import type { Check } from "./check.ts";

/** Silence that nothing but a person takes back. */
export const silenceForGood: Check = {
  summary:
    "`timeout` among what marks, with `mark_as: disabled` and not `mark_after`: the network between may have been silent.",
  look({ sets, routes }): Finding[] {
    const find = ({ marksTimeout, markAs, markAfter }: FailoverConfig, path: Path): Finding[] =>
      marksTimeout && markAs === "disabled" && markAfter === 1 ? [warningAt(path, WHAT, HINT)] : [];
    return [
      ...sets.flatMap(({ name, failover }) => find(failover, ["sets", name, "failover", "mark_as"])),
      ...routes.flatMap(({ action }, index) => {
        if (action.kind !== "dispatch" || action.failover === undefined) return [];
        const { failover } = action;
        const key = keyOf(failover);
        const set = sets.find(({ name }) => name === action.set);
        if (set === undefined || key === null) return [];
        return find({ ...set.failover, ...failover }, ["routes", index, "failover", key]);
      }),
    ];
  },
};

/** The key of a route to which the warning points; null: what it has from its set has been told there. */
function keyOf({ marks, markAs, markAfter }: Partial<FailoverConfig>): string | null {
  if (markAs !== undefined) return "mark_as";
  if (marks !== undefined) return "mark";
  return markAfter === undefined ? null : "mark_after";
}

const WHAT = "a destination that does not answer once is disabled, and stays so until somebody enables it";
const HINT = "mark_as: inactive, or mark_after: 3, or mark codes only";
