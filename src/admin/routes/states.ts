// What an operator says about a destination's state. It takes effect at once and is no change of the configuration.
import { z } from "zod";
import { findDestination } from "../context.ts";
import { operation } from "../operation.ts";
import { HttpProblem } from "../problem.ts";
import { type DestinationResource, STATE_VERBS, type StateVerb } from "../resources.ts";
import type { RouteGroup } from "../route-group.ts";
import { DESTINATION } from "../schemas.ts";
import { destinationResource } from "../views.ts";
import { ONE } from "./destinations.ts";

const SUMMARIES: Readonly<Record<StateVerb, string>> = {
  enable: "The destination takes new calls again.",
  disable: "The destination gets no new calls and no probes; calls in progress go on.",
  drain: "The destination gets no new calls until it is enabled; calls in progress go on.",
  inactive: "The destination counts as down until probes show otherwise.",
};
// One line, so that a reason cannot imitate a log record.
const REASON = z
  .strictObject({
    reason: z
      .string()
      .max(200)
      .regex(/^[^\p{Cc}]*$/u)
      .optional()
      .describe("Shown beside the state; one line."),
  })
  .optional();

/** The operator's word about a destination. */
export const stateRoutes: RouteGroup = {
  name: "states",
  operations: (Object.keys(STATE_VERBS) as StateVerb[]).map((verb) =>
    operation({
      method: "POST",
      path: `${ONE}/${verb}`,
      id: `${verb}Destination`,
      summary: SUMMARIES[verb],
      role: "operator",
      ifMatch: "required",
      body: REASON,
      answer: DESTINATION,
      run({ context, params, body, precondition, reply, access, note }): DestinationResource {
        const { backend, document, log } = context;
        const { destination, isWhole } = findDestination(backend, params);
        precondition.check(document.destinationTag(destination));
        const { slot, set } = destination;
        const name = isWhole ? destination.configured : destination.name;
        const reason = body?.reason ?? "";
        if (reason !== "") note(reason);
        const state = STATE_VERBS[verb];
        backend.setState(slot, isWhole, state, reason === "" ? `operator: ${verb}` : `operator: ${reason}`);
        log.info({ set, destination: name, state, reason, by: access.name }, "an operator set a destination's state");
        const now = findDestination(backend, params).destination;
        // What stands by is as active as it can be.
        if (now.state !== state && !(now.state === "standby" && state === "active"))
          throw new HttpProblem(409, `"${name}" stays ${now.state}: ${now.reason}`);
        reply.header("etag", document.destinationTag(now));
        return destinationResource(backend, now);
      },
    }),
  ),
};
