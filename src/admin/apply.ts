// A change of the configuration, from request to answer: in turn, only over what the asker has seen, and told in the log.
import type { Applied, Change } from "./backend.ts";
import { differences } from "./difference.ts";
import type { Call } from "./operation.ts";
import { HttpProblem } from "./problem.ts";
import type { AppliedResource } from "./resources.ts";

/** Makes a change, or tries it. `tag` is that of what it changes, at the time of its turn. Throws 412, 422. */
export async function applyChange(
  { context, query: { dry_run: isDryRun }, precondition, access }: Call<unknown, { readonly dry_run: boolean }>,
  change: Change,
  tag: () => string,
  what: string,
): Promise<AppliedResource> {
  const applied = await context.backend.apply(change, { isDryRun, check: () => precondition.check(tag()) });
  const { ok, generation } = applied;
  if (!isDryRun)
    context.log.info({ ok, generation, by: access.name }, `an operator changed the configuration: ${what}`);
  return resultOf(applied, isDryRun);
}

/** A refused configuration is the asker's problem, not the server's: 422 with the reasons. */
export function resultOf({ ok, generation, problems, difference }: Applied, isDryRun = false): AppliedResource {
  if (!ok) {
    const first = problems.find(({ severity }) => severity === "error")?.what ?? "the configuration was refused";
    throw new HttpProblem(422, `${first}; the configuration in force stays as it was`, problems);
  }
  const changes = difference === null ? [] : differences(difference.before, difference.after);
  return { generation, problems, dry_run: isDryRun, changes };
}
