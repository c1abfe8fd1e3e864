// Changes of the running configuration: a new Config derived from the one in force. They live in memory until the next
// reload, which returns to what the files say.

import type { Config } from "../config/schema.ts";
import { type DestinationConfig, destination as destinationSchema } from "../config/sections/destination.ts";

/** What may be changed about a destination without making it another one. */
export interface DestinationFigures {
  readonly weight?: number;
  readonly priority?: number;
  readonly maxCalls?: number;
  readonly resources?: Readonly<Record<string, number>>;
  readonly attrs?: Readonly<Record<string, string>>;
}

/** With other figures for `destination`, which is one of `config`'s own. */
export function withFigures(config: Config, destination: DestinationConfig, figures: DestinationFigures): Config {
  return mapDestinations(config, (each) => (each === destination ? [{ ...each, ...figures }] : [each]));
}

/** Without `destination`. */
export function withoutDestination(config: Config, destination: DestinationConfig): Config {
  return mapDestinations(config, (each) => (each === destination ? [] : [each]));
}

/** With one more destination, given as in the file; a sentence when that is not possible. */
export function withDestination(config: Config, set: string, given: unknown): Config | string {
  const parsed = destinationSchema.safeParse(given);
  if (!parsed.success) return parsed.error.issues.map((issue) => [...issue.path, issue.message].join(": ")).join("; ");
  const into = config.sets.find(({ name }) => name === set);
  if (into === undefined) return `there is no set ${set}`;
  if (into.destinations.some(({ name }) => name === parsed.data.name)) {
    return `set ${set} already has a destination ${parsed.data.name}`;
  }
  const sets = config.sets.map((each) =>
    each === into ? { ...each, destinations: [...each.destinations, parsed.data] } : each,
  );
  return { ...config, sets };
}

function mapDestinations(config: Config, map: (each: DestinationConfig) => DestinationConfig[]): Config {
  return { ...config, sets: config.sets.map((set) => ({ ...set, destinations: set.destinations.flatMap(map) })) };
}
