// fairlead destinations score: what destinations are worth, told while it runs.
import { InvalidArgumentError, type Command as Program } from "commander";
import { type AdminCommandOptions, addAdminOptions, integer, print, withAdmin } from "./admin-command.ts";
import { namedDestination, setOption } from "./named-destination.ts";

interface ScoreOptions extends AdminCommandOptions {
  readonly set?: string;
}

/** Adds the command to its family. */
export function registerScore(family: Program): void {
  const command = family
    .command("score")
    .description("Tells what destinations are worth, until the configuration says another score.")
    .argument("<destination=score...>", "a whole number, the lower the better; or `configured`", scored);
  addAdminOptions(command.addOption(setOption())).action((told: readonly Scored[], options: ScoreOptions) =>
    withAdmin(options, async (client) => {
      const bySet = new Map<string, Record<string, number | null>>();
      for (const { destination, score } of told) {
        const { set, key } = await namedDestination(client, destination, options.set);
        bySet.set(set, { ...bySet.get(set), [key]: score });
      }
      const scores: Record<string, Readonly<Record<string, number>>> = {};
      for (const [set, own] of bySet) scores[set] = await client.tellScores(set, own);
      const columns = [{ title: "SET" }, { title: "DESTINATION" }, { title: "SCORE", right: true }];
      const rows = Object.entries(scores).flatMap(([set, own]) =>
        Object.entries(own).map(([name, score]) => [set, name, String(score)]),
      );
      await print(scores, options, () => ({ columns, rows }));
    }),
  );
}

interface Scored {
  readonly destination: string;
  readonly score: number | null;
}

/** The last `=`: URIs may have some of their own. */
function scored(text: string, before: readonly Scored[] = []): readonly Scored[] {
  const equals = text.lastIndexOf("=");
  if (equals < 1) throw new InvalidArgumentError("expected DESTINATION=NUMBER.");
  const score = text.slice(equals + 1);
  return [...before, { destination: text.slice(0, equals), score: score === "configured" ? null : integer(score) }];
}
