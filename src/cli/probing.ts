// fairlead destinations pause-probes, and its opposite, and both for sets.
import type { Command as Program } from "commander";
import { PROBE_VERBS, type ProbeVerb } from "../admin/probing.ts";
import { type AdminCommandOptions, addAdminOptions, print, withAdmin } from "./admin-command.ts";
import { destinationTable } from "./destination-table.ts";
import { namedDestination, setOption } from "./named-destination.ts";

interface ProbingOptions extends AdminCommandOptions {
  readonly set?: string;
}

const VERBS = Object.keys(PROBE_VERBS) as ProbeVerb[];
const SUMMARIES: Readonly<Record<ProbeVerb, string>> = {
  "pause-probes": "Gets no probes until they are resumed; its state is what calls and operators say.",
  "resume-probes": "Is probed again, at once.",
};

/** Adds the commands about one destination to its family. */
export function registerProbing(family: Program): void {
  for (const verb of VERBS) {
    const command = family.command(`${verb} <destination>`).description(SUMMARIES[verb]);
    addAdminOptions(command.addOption(setOption())).action((destination: string, options: ProbingOptions) =>
      withAdmin(options, async (client) => {
        const { set, key } = await namedDestination(client, destination, options.set);
        const one = await client.probes(set, key, verb);
        await print(one, options, () => destinationTable([one], Date.now()));
      }),
    );
  }
}

/** Adds the commands about all destinations of a set to its family. */
export function registerSetProbing(family: Program): void {
  for (const verb of VERBS) {
    const command = family.command(`${verb} <set>`).description(`${SUMMARIES[verb]} Each of its destinations.`);
    addAdminOptions(command).action((name: string, options: AdminCommandOptions) =>
      withAdmin(options, async (client) => {
        const set = await client.probesOfSet(name, verb);
        await print(set, options, () => destinationTable(set.destinations, Date.now()));
      }),
    );
  }
}
