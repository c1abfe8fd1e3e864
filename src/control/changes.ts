// Changes of the running configuration: a new Config derived from the one in force, or what is wrong. What a change does not
// touch stays the very same object.
import type { z } from "zod";
import { problemOf } from "../config/finding.ts";
import { mergePatch } from "../config/merge-patch.ts";
import type { Problem } from "../config/problem.ts";
import { isImplied } from "../config/references.ts";
import { reviewed } from "../config/reviewed.ts";
import type { Config } from "../config/schema.ts";
import { schemaFindings } from "../config/schema-findings.ts";
import { type DestinationConfig, destination as destinationSchema } from "../config/sections/destination.ts";
import { routes as routesSchema } from "../config/sections/routes.ts";
import { type SetConfig, sets as setsSchema, usualOrder } from "../config/sections/sets.ts";
import { writtenDestination, writtenSet } from "../config/written-sets.ts";
import { configurationProblem } from "./restart.ts";

/** The new configuration, and what is worth saying about it; or why there is none. */
export interface Derived {
  /** Null: a problem is an error. */
  readonly config: Config | null;
  readonly problems: readonly Problem[];
}

/** With one more destination, given as in the file. */
export function withDestination(config: Config, set: string, given: unknown): Derived {
  const into = config.sets.find(({ name }) => name === set);
  if (into === undefined) return refused(`there is no set ${set}`);
  return parsed(destinationSchema, given, ["destination"], (destination) => {
    if (into.destinations.some(({ name }) => name === destination.name))
      return refused(`set ${set} already has a destination ${destination.name}`);
    return review(config, replaced(config, into, [...into.destinations, destination]));
  });
}

/** With `settings` (a merge patch in the words of the file) for `destination`, which is one of `config`'s own. */
export function withSettings(config: Config, destination: DestinationConfig, settings: object): Derived {
  const set = ownerOf(config, destination);
  if (set === undefined) return refused(`the destination ${destination.name} is gone`);
  return parsed(
    destinationSchema,
    mergePatch(writtenDestination(destination, true), settings),
    ["destination"],
    (next) => {
      // Where it comes from stays with it.
      const { source } = destination;
      const own = source === undefined ? next : { ...next, source };
      const destinations = set.destinations.map((each) => (each === destination ? own : each));
      return review(config, replaced(config, set, destinations));
    },
  );
}

/** Without `destination`, which is one of `config`'s own. */
export function withoutDestination(config: Config, destination: DestinationConfig): Derived {
  const set = ownerOf(config, destination);
  if (set === undefined) return refused(`the destination ${destination.name} is gone`);
  const rest = set.destinations.filter((each) => each !== destination);
  return review(config, replaced(config, set, rest));
}

/** With this set, given as in the file: a new one, or in the place of the one of that name. */
export function withSet(config: Config, name: string, given: unknown): Derived {
  return parsed(setsSchema, { [name]: given }, ["sets"], (sets) => {
    const at = config.sets.findIndex((each) => each.name === name);
    const old = config.sets[at];
    if (old === undefined) return review(config, { ...config, sets: [...config.sets, ...sets] });
    // What a table has of it is for the table to say.
    const fromTables = old.destinations.filter(({ source }) => source !== undefined);
    const [set] = sets;
    const own = { ...set!, destinations: [...set!.destinations, ...fromTables] };
    return review(config, { ...config, sets: config.sets.with(at, own) });
  });
}

/** With `settings` (a merge patch in the words of the file) for a set; its destinations stay what they are. */
export function withSetSettings(config: Config, name: string, settings: object): Derived {
  const set = config.sets.find((each) => each.name === name);
  if (set === undefined) return refused(`there is no set ${name}`);
  const { destinations: _, ...all } = writtenSet(set);
  // An order that only follows from the algorithm follows the next one, too.
  const { order, ...others } = all;
  const before = order === usualOrder(set.algorithm) ? others : all;
  return parsed(setsSchema, { [name]: mergePatch(before, settings) }, ["sets"], ([next]) => {
    const { source } = set;
    const own = { ...next!, destinations: set.destinations, ...(source === undefined ? {} : { source }) };
    return review(config, { ...config, sets: config.sets.map((each) => (each === set ? own : each)) });
  });
}

/** Without the set of that name. */
export function withoutSet(config: Config, name: string): Derived {
  if (!config.sets.some((each) => each.name === name)) return refused(`there is no set ${name}`);
  // To be told of a route by its number would help nobody who has written none.
  const own = config.routes.find(isImplied);
  if (own?.action.kind === "dispatch" && own.action.set === name) {
    return refused(
      `set "${name}" gets all requests, as the only set of a configuration without routes`,
      "first say which set gets them instead, by routes: [{set: NAME}] or `fairlead routes put`",
    );
  }
  return review(config, { ...config, sets: config.sets.filter((each) => each.name !== name) });
}

/** With these routes, given as in the file, in their order. */
export function withRoutes(config: Config, given: unknown): Derived {
  return parsed(routesSchema, given, ["routes"], (routes) => review(config, { ...config, routes }));
}

function parsed<T>(
  schema: z.ZodType<T>,
  given: unknown,
  place: readonly string[],
  then: (value: T) => Derived,
): Derived {
  const result = schema.safeParse(given);
  if (result.success) return then(result.data);
  const findings = schemaFindings(schema, result.error.issues, given);
  const problems = findings.map((finding) => placed(finding, place));
  return { config: null, problems };
}

function review(before: Config, changed: Config): Derived {
  const { config, findings } = reviewed(before, changed);
  return { config, problems: findings.map((finding) => placed(finding, [])) };
}

/** A finding has a path and no file. */
function placed(finding: Parameters<typeof problemOf>[0], place: readonly string[]): Problem {
  const path = [...place, ...finding.path.map(String)].join(".");
  return problemOf(finding, path === "" ? "configuration" : path, { find: () => ({ line: 0, column: 0 }) });
}

function refused(what: string, hint = ""): Derived {
  return { config: null, problems: [configurationProblem(what, hint)] };
}

function ownerOf(config: Config, destination: DestinationConfig): SetConfig | undefined {
  return config.sets.find(({ destinations }) => destinations.includes(destination));
}

function replaced(config: Config, set: SetConfig, destinations: readonly DestinationConfig[]): Config {
  return { ...config, sets: config.sets.map((each) => (each === set ? { ...each, destinations } : each)) };
}
