// Where the names of a configuration's destinations are just now, for `fairlead check` and `fairlead explain`.

import { algorithmIn } from "../config/own-algorithms.ts";
import type { Config } from "../config/schema.ts";
import { formatHostPort } from "../config/values/address.ts";
import { DnsNames, SYSTEM_NAMES } from "../control/name-source.ts";
import { type Locations, locateNames, nameKey, wantedOf } from "../control/names.ts";
import type { Algorithm } from "../dispatch/types.ts";

/** One server behind a name. Lower `priority` and `rank` come first; `weight` is that of the SRV record. */
export interface FoundServer {
  readonly address: string;
  readonly host: string;
  readonly transport: string;
  readonly priority: number;
  readonly weight: number;
  /** `standby`: only when those of a better priority cannot be used. */
  readonly serves: "now" | "standby";
}

/** A destination that is a name. */
export interface FoundName {
  readonly set: string;
  readonly destination: string;
  readonly host: string;
  readonly servers: readonly FoundServer[];
  /** What is wrong with it; empty: nothing. */
  readonly warning: string;
}

/** Looks all names of a configuration up, at most once each. Takes no time where there are none. */
export function findNames(config: Config): Promise<Locations> {
  const source = new DnsNames(SYSTEM_NAMES);
  return locateNames(config, source.locate(config), new Map(), source.now, "reload");
}

/** Whether any destination is a name. */
export function hasNames(config: Config): boolean {
  return config.sets.some((set) => set.destinations.some((one) => wantedOf(config, one) !== null));
}

/** What was found, destination by destination. */
export function describeNames(config: Config, locations: Locations): FoundName[] {
  return config.sets.flatMap((set) =>
    set.destinations.flatMap((destination): FoundName[] => {
      const wanted = wantedOf(config, destination);
      if (wanted === null) return [];
      const { targets = [], why = "" } = locations.get(nameKey(wanted)) ?? {};
      const ordered = [...targets].sort((a, b) => a.rank - b.rank || (a.address < b.address ? -1 : 1));
      const servers = ordered.map(({ address, port, host, transport, priority, weight, rank }): FoundServer => {
        const serves = rank === 0 ? "now" : "standby";
        return { address: formatHostPort(address, port), host, transport, priority, weight, serves };
      });
      const { host } = destination;
      const warning =
        targets.length === 0
          ? `host name ${host} does not resolve (${why})`
          : unevenness(algorithmIn(config.algorithms, set.algorithm), servers);
      return [{ set: set.name, destination: destination.name, host, servers, warning }];
    }),
  );
}

/** `sip.example.com: 10.0.0.1:5060 priority 10 weight 60, ...`. */
export function nameText({ set, destination, servers }: FoundName): string {
  const found = servers.map(({ address, transport, priority, weight, serves }) => {
    const rank = serves === "now" ? "" : ", standby";
    const by = transport === "udp" ? "" : ` by ${transport}`;
    return `${address}${by} (priority ${priority}, weight ${weight}${rank})`;
  });
  return `${set}/${destination}: ${found.join(", ")}`;
}

function unevenness(algorithm: Algorithm | undefined, servers: readonly FoundServer[]): string {
  if (algorithm === undefined || algorithm.uses?.includes("weight") === true) return "";
  const isUneven = servers.some((one) =>
    servers.some(({ priority, weight }) => priority === one.priority && weight !== one.weight),
  );
  return isUneven ? `${algorithm.name} does not look at the weights of SRV records` : "";
}
