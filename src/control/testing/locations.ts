// Where names are, for tests that ask nobody.
import type { Config } from "../../config/schema.ts";
import type { Location, Target } from "../../net/dns/locate.ts";
import { type Locations, nameKey, wantedOf } from "../names.ts";

/** A target with what matters to a test; everything else as for an address record. */
export function targetAt(address: string, more: Partial<Target> = {}): Target {
  return { address, port: 5060, transport: "udp", host: "", priority: 0, weight: 1, rank: 0, ...more };
}

/** A location that holds for `until`. */
export function locationOf(targets: readonly Target[], until = Number.POSITIVE_INFINITY): Location {
  return { targets, until, why: targets.length > 0 ? "" : "there is no such name" };
}

/** All names of a configuration that are in `hosts`. */
export function locationsOf(config: Config, hosts: Readonly<Record<string, readonly Target[]>>): Locations {
  const locations = new Map<string, Location>();
  for (const destination of config.sets.flatMap(({ destinations }) => destinations)) {
    const wanted = wantedOf(config, destination);
    const targets = hosts[destination.host];
    if (wanted !== null && targets !== undefined) locations.set(nameKey(wanted), locationOf(targets));
  }
  return locations;
}
