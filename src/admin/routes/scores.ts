// What destinations are worth, told at run time. It takes effect at once, is no change of the configuration, and may come every second.
import { z } from "zod";
import { findDestination } from "../context.ts";
import { operation } from "../operation.ts";
import { HttpProblem } from "../problem.ts";
import type { ScoresChange } from "../resources.ts";
import type { RouteGroup } from "../route-group.ts";

const SCORE = z.int().min(-2_147_483_648).max(2_147_483_647);
const SCORES: z.ZodType<ScoresChange> = z
  .record(z.string(), SCORE.nullable())
  .describe("By name or URI; the others keep theirs. null: as configured.");

/** What destinations of a set are worth. */
export const scoreRoutes: RouteGroup = {
  name: "scores",
  operations: [
    operation({
      method: "PATCH",
      path: "/api/v1/sets/:set/scores",
      id: "tellScores",
      summary: "Tells what destinations of a set are worth, until the configuration says another score.",
      role: "operator",
      bodyLimit: 1 << 20,
      ifMatch: "optional",
      body: SCORES,
      answer: z.record(z.string(), SCORE).describe("Of all destinations of the set."),
      run({
        context: { backend, document },
        params: { set = "" },
        body,
        precondition,
      }): Readonly<Record<string, number>> {
        const told = Object.entries(body);
        if (told.length === 0) throw new HttpProblem(400, "no score is told: {NAME: NUMBER}");
        // A view of every destination for each name would hold main up in a large set.
        const own = backend.destinations().filter((destination) => destination.set === set);
        const seen = { sets: backend.sets, destinations: () => own };
        // All are there, or none is told.
        const found = told.map(([destination, score]) => ({
          ...findDestination(seen, { set, destination }),
          score,
        }));
        precondition.check(document.setTag(set));
        for (const { destination, isWhole, score } of found) backend.tellScore(destination.slot, isWhole, score);
        return Object.fromEntries(own.map(({ name, slot }) => [name, backend.live.score(slot)]));
      },
    }),
  ],
};
