// Outlier ejection that looks at what nobody tells it.
import { type Finding, warningAt } from "../finding.ts";
import type { Check } from "./check.ts";

/** A stranger's refused call says nothing about the destination. */
export const refusalsOfNobody: Check = {
  summary: "`taken_percent` where no caller is `trusted`: of strangers' refused calls it looks at failures only.",
  look(config): Finding[] {
    if (config.trusted.length > 0) return [];
    return config.sets.flatMap(({ name, outliers }) =>
      outliers === null || outliers.taken === 0
        ? []
        : [
            warningAt(
              ["sets", name, "outliers", "taken_percent"],
              "refusals such as 404 and 486 count for callers that are trusted only, and nobody is",
              "trusted: the addresses of your own proxies and trunks",
            ),
          ],
    );
  },
};
