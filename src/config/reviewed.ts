// A configuration that was changed as it runs goes through what a file goes through: references and checks. Only what the change
// brought is told: of older warnings its author knows.
import { CHECKS } from "./checks/index.ts";
import type { Finding } from "./finding.ts";
import { checkReferences, resolveReferences } from "./references.ts";
import type { Config } from "./schema.ts";

/** A configuration that holds together, or null; and what was found. */
export interface Reviewed {
  readonly config: Config | null;
  readonly findings: readonly Finding[];
}

/** Looks at `changed`, which was derived from `before`; `isAwaited` as for `checkReferences`. */
export function reviewed(before: Config, changed: Config, isAwaited = false): Reviewed {
  const broken = checkReferences(changed, true, isAwaited).filter(({ severity }) => severity === "error");
  if (broken.length > 0) return { config: null, findings: broken };
  const config = { ...changed, ...resolveReferences(changed) };
  const known = new Set(findingsOf(before).map(keyOf));
  const findings = findingsOf(config).filter((finding) => !known.has(keyOf(finding)));
  return findings.some(({ severity }) => severity === "error") ? { config: null, findings } : { config, findings };
}

/** How many cores there are has nothing to do with what a change says. */
function findingsOf(config: Config): Finding[] {
  return CHECKS.flatMap((check) => check.look(config, { cores: 0, isImported: false }));
}

/** Places move when a list gets longer; the sentence stays. */
function keyOf({ what, severity }: Finding): string {
  return `${severity} ${what}`;
}
