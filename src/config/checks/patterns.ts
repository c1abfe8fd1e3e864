// Patterns of routes: each can be a table of a sane size, and all of them together, too.
import { errorAt, type Finding } from "../finding.ts";
import { Effort, EffortFault } from "../patterns/effort.ts";
import { automatonOfMatch } from "../sections/match.ts";
import { PATTERN_HINT, patternFault } from "../values/text-pattern.ts";
import type { Check } from "./check.ts";

/** A pattern or a list that is too large, alone or with all others. Nothing is tried any more when all is spent. */
export const patternCosts: Check = {
  summary: "A pattern or a list in `match` that is too large, or all of them together (refused).",
  look(config): Finding[] {
    const effort = new Effort();
    const findings: Finding[] = [];
    for (const [index, route] of config.routes.entries()) {
      for (const match of route.match) {
        const path = ["routes", index, "match", match.of];
        try {
          const fault = patternFault(match.pattern, () => automatonOfMatch(match, effort));
          if (fault !== null) findings.push(errorAt(path, fault, PATTERN_HINT));
        } catch (fault) {
          if (!(fault instanceof EffortFault)) throw fault;
          return [...findings, errorAt(path, fault.message, "fewer and plainer ones, or lists with is and prefix")];
        }
      }
    }
    return findings;
  },
};
