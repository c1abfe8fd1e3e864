// What is worth knowing about a configuration that is fine: `fairlead check` says it, a start or a reload does not.
import type { Config } from "./schema.ts";

/** One thing to know. */
export interface Information {
  readonly file: string;
  readonly what: string;
  /** What could be done about it. */
  readonly hint: string;
}

/** Everything worth knowing about the configuration in `file`. */
export function informationOn(config: Config, file: string): Information[] {
  if (config.keys.length > 0) return [];
  const what =
    "no keys: they are random at each start, so calls that live through a restart, or come to another balancer, lose their way";
  return [{ file, what, hint: `keys: ["\${FAIRLEAD_KEY}"], the same on every balancer and at every start` }];
}
