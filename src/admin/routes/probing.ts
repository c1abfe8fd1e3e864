// Probes of a destination or a set, paused and gone on with. It takes effect at once and is no change of the configuration: an operator's word, as
// a state is.
import type { AdminBackend } from "../backend.ts";
import { findDestination } from "../context.ts";
import { operation } from "../operation.ts";
import { PROBE_VERBS, type ProbeVerb } from "../probing.ts";
import { HttpProblem } from "../problem.ts";
import type { DestinationResource, SetDetailResource } from "../resources.ts";
import type { RouteGroup } from "../route-group.ts";
import { DESTINATION, SET_DETAIL } from "../schemas.ts";
import { destinationResource, setResource } from "../views.ts";
import { findConfigured, ONE } from "./destinations.ts";
import { findSet, ONE_SET } from "./sets.ts";

/** What both have in common. */
const VERB = { method: "POST", role: "operator", ifMatch: "required" } as const;
const VERBS = Object.keys(PROBE_VERBS) as ProbeVerb[];
const SUMMARIES: Readonly<Record<ProbeVerb, string>> = {
  "pause-probes": "No probes are sent to",
  "resume-probes": "Probes are sent again to",
};

/** Probes of destinations and sets: paused and resumed. 409: nobody is probed there, or those of all are paused when they are to be resumed. */
export const probingRoutes: RouteGroup = {
  name: "probing",
  operations: VERBS.flatMap((verb) => [
    operation({
      ...VERB,
      path: `${ONE}/${verb}`,
      id: `${nameOf(verb)}OfDestination`,
      summary: `${SUMMARIES[verb]} the destination and all servers that its name stands for; until the opposite is said.`,
      answer: DESTINATION,
      run({ context: { backend, document, log }, params, precondition, reply, access }): DestinationResource {
        const destination = findConfigured(backend, params);
        precondition.check(document.destinationTag(destination));
        const { slot, set, configured, probing } = destination;
        if (probing === "off") throw new HttpProblem(409, `"${configured}" is not probed: the configuration says so`);
        checkResumable(backend, verb);
        backend.pauseProbes([slot], PROBE_VERBS[verb]);
        log.info({ set, destination: configured, by: access.name }, `an operator said ${verb}`);
        const now = findDestination(backend, params).destination;
        reply.header("etag", document.destinationTag(now));
        return destinationResource(backend, now);
      },
    }),
    operation({
      ...VERB,
      path: `${ONE_SET}/${verb}`,
      id: `${nameOf(verb)}OfSet`,
      summary: `${SUMMARIES[verb]} all destinations that the set has now.`,
      answer: SET_DETAIL,
      run({ context: { backend, document, log }, params, precondition, reply, access }): SetDetailResource {
        const set = findSet(backend, params.set);
        precondition.check(document.setTag(set.name));
        const ownOf = () => backend.destinations().filter((destination) => destination.set === set.name);
        const probed = ownOf().filter(({ probing }) => probing !== "off");
        if (probed.length === 0)
          throw new HttpProblem(409, `nobody in "${set.name}" is probed: the configuration says so`);
        checkResumable(backend, verb);
        backend.pauseProbes(
          probed.map(({ slot }) => slot),
          PROBE_VERBS[verb],
        );
        log.info({ set: set.name, by: access.name }, `an operator said ${verb}`);
        reply.header("etag", document.setTag(set.name));
        const own = ownOf();
        const destinations = own.map((destination) => destinationResource(backend, destination));
        return { ...setResource(backend, set, own), destinations };
      },
    }),
  ]),
};

/** While those of all are paused none would be sent, whatever was said of this one. Throws 409. */
function checkResumable(backend: AdminBackend, verb: ProbeVerb): void {
  if (PROBE_VERBS[verb] || backend.probing()) return;
  throw new HttpProblem(409, "the probes of all destinations are paused: dispatcher.ping_active 1 first");
}

function nameOf(verb: ProbeVerb): string {
  return verb === "pause-probes" ? "pauseProbes" : "resumeProbes";
}
