// fairlead destinations: who is well and why not, and what an operator does about it.
import { InvalidArgumentError, Option, type Command as Program } from "commander";
import type { AdminClient } from "../admin/client.ts";
import {
  type AppliedResource,
  type DestinationChange,
  GIVEN_STATES,
  type GivenState,
  STATE_VERBS,
  type StateVerb,
} from "../admin/resources.ts";
import {
  type AdminCommandOptions,
  addAdminOptions,
  addDryRun,
  defaultCommand,
  integer,
  print,
  printApplied,
  printProblems,
  UsageError,
  wholeNumber,
  withAdmin,
} from "./admin-command.ts";
import type { Command } from "./command.ts";
import { destinationTable } from "./destination-table.ts";
import { waitForDrain } from "./drain.ts";
import { namedDestination, setOption } from "./named-destination.ts";
import { registerProbing } from "./probing.ts";
import { registerScore } from "./scores.ts";
import { settingsArgument, settingsOf } from "./setting.ts";

const VERB_SUMMARIES: Readonly<Record<StateVerb, string>> = {
  enable: "Takes new calls again.",
  disable: "Gets no new calls and no probes; calls in progress go on.",
  drain: "Gets no new calls until it is enabled; calls in progress go on.",
  inactive: "Counts as down until probes show otherwise.",
};

interface ChangeOptions extends AdminCommandOptions {
  readonly set?: string;
  readonly reason?: string;
  readonly wait?: boolean;
  readonly weight?: number;
  readonly score?: number;
  readonly priority?: number;
  readonly maxCalls?: number;
  readonly dryRun?: boolean;
  readonly resource?: Readonly<Record<string, number>>;
}

interface AddOptions extends ChangeOptions {
  readonly name?: string;
  readonly state?: GivenState;
}

/** `fairlead destinations`. */
export const destinationsCommand: Command = {
  name: "destinations",
  summary: "Shows and changes the destinations of the running instance.",
  register(program) {
    const family = program.command("destinations").description(destinationsCommand.summary);
    registerList(family);
    for (const verb of Object.keys(STATE_VERBS) as StateVerb[]) registerVerb(family, verb);
    registerSet(family);
    registerAdd(family);
    registerRemove(family);
    registerForget(family);
    registerScore(family);
    registerProbing(family);
  },
};

function registerForget(family: Program): void {
  const command = family
    .command("forget-calls <destination>")
    .description("Its calls are over: it was restarted. They are no longer counted.");
  addAdminOptions(command.addOption(setOption())).action((destination: string, options: ChangeOptions) =>
    withAdmin(options, async (client) => {
      const { set, key, name } = await namedDestination(client, destination, options.set);
      const done = await client.forgetCalls(set, key);
      const columns = [{ title: "DESTINATION" }, { title: "FORGOTTEN", right: true }, { title: "MADE", right: true }];
      await print(done, options, () => ({
        columns,
        rows: [[`${set} ${name}`, String(done.forgotten), String(done.made)]],
      }));
    }),
  );
}

function registerList(family: Program): void {
  const command = defaultCommand(family, "ls").description("State, calls and counters of every destination.");
  addAdminOptions(command)
    .option("--set <name>", "only this set")
    .action((options: ChangeOptions) =>
      withAdmin(options, async (client) => {
        const { set } = options;
        const shown = set === undefined ? await client.destinations() : (await client.set(set)).destinations;
        await print(shown, options, () => destinationTable(shown, Date.now()));
      }),
    );
}

function registerVerb(family: Program, verb: StateVerb): void {
  const command = addAdminOptions(family.command(`${verb} <destination>`).description(VERB_SUMMARIES[verb]));
  if (verb === "drain") command.option("--wait", "until its last call has ended; on a terminal with how many are left");
  command
    .addOption(setOption())
    .option("--reason <text>", "shown beside the state")
    .action((destination: string, options: ChangeOptions) =>
      withAdmin(options, async (client) => {
        const { set, key } = await namedDestination(client, destination, options.set);
        await client.setState(set, key, verb, options.reason);
        if (options.wait === true) await waitForDrain(client, set, key);
        await printOne(client, set, key, options);
      }),
    );
}

function registerSet(family: Program): void {
  const command = family
    .command("set <destination>")
    .description("Changes settings of a destination: weight, priority, max_calls, probe, attrs and the others.")
    .addArgument(settingsArgument());
  addShareOptions(addDryRun(addAdminOptions(command).addOption(setOption()))).action(
    (destination: string, texts: readonly string[], options: ChangeOptions) =>
      withAdmin(options, async (client) => {
        const given = Object.entries(changeOf(options)).filter(([, value]) => value !== undefined);
        const change = { ...(await settingsOf(texts)), ...Object.fromEntries(given) };
        if (Object.keys(change).length === 0) throw new UsageError("nothing to change: KEY=VALUE, such as weight=3");
        const { set, key } = await namedDestination(client, destination, options.set);
        const applied = await client.change(set, key, change, { isDryRun: options.dryRun === true });
        await printOutcome(client, applied, set, key, options);
      }),
  );
}

function registerAdd(family: Program): void {
  const command = family.command("add <set> <uri>").description("Adds a destination.");
  addShareOptions(addDryRun(addAdminOptions(command)))
    .option("--name <name>", "its name; else its URI")
    .addOption(new Option("--state <state>", "the state it starts in").choices(GIVEN_STATES))
    .action((set: string, uri: string, options: AddOptions) =>
      withAdmin(options, async (client) => {
        const { name, state } = options;
        const destination = { set, uri, name, state, ...changeOf(options) };
        // A set that is not there is an unknown name, as for every other command, and no configuration that is refused.
        await client.set(set);
        const applied = await client.add(destination, { isDryRun: options.dryRun === true });
        await printOutcome(client, applied, set, uri, options);
      }),
    );
}

function registerRemove(family: Program): void {
  addDryRun(addAdminOptions(family.command("rm <destination>").description("Removes a destination; its calls go on.")))
    .addOption(setOption())
    .action((destination: string, options: ChangeOptions) =>
      withAdmin(options, async (client) => {
        const { set, key } = await namedDestination(client, destination, options.set);
        await printApplied(await client.remove(set, key, { isDryRun: options.dryRun === true }), options);
      }),
    );
}

function addShareOptions(command: Program): Program {
  return command
    .option("--weight <number>", "its relative share", wholeNumber)
    .option("--priority <number>", "the higher number is preferred", integer)
    .option("--score <number>", "the lower is better, where the algorithm goes by it", integer)
    .option("--max-calls <number>", "most calls at a time; 0: no limit", wholeNumber)
    .option("--resource <name=number>", "how much it has of a named resource; may be repeated", capacity);
}

function capacity(text: string, before: Readonly<Record<string, number>> = {}): Readonly<Record<string, number>> {
  const equals = text.indexOf("=");
  if (equals < 1) throw new InvalidArgumentError("expected NAME=NUMBER.");
  return { ...before, [text.slice(0, equals)]: wholeNumber(text.slice(equals + 1)) };
}

function changeOf({
  weight,
  priority,
  score,
  maxCalls: max_calls,
  resource: resources,
}: ChangeOptions): DestinationChange {
  return { weight, priority, score, max_calls, resources };
}

/** A change that was only tried has nothing to show but itself. */
async function printOutcome(
  client: AdminClient,
  applied: AppliedResource,
  set: string,
  key: string,
  options: AdminCommandOptions,
): Promise<void> {
  if (applied.dry_run) return printApplied(applied, options);
  printProblems(applied.problems);
  await printOne(client, set, key, options);
}

async function printOne(client: AdminClient, set: string, key: string, options: AdminCommandOptions): Promise<void> {
  const { destinations } = await client.set(set);
  const own = destinations.filter(({ name, configured, uri }) => [name, configured, uri].includes(key));
  await print(own, options, () => destinationTable(own, Date.now()));
}
