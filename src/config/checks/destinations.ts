// Sets that cannot serve, and settings of destinations that do nothing.
import { isIPv6 } from "node:net";
import { type Finding, type Path, warningAt } from "../finding.ts";
import { algorithmIn } from "../own-algorithms.ts";
import type { Config } from "../schema.ts";
import type { DestinationConfig } from "../sections/destination.ts";
import type { ListenerConfig } from "../sections/listeners.ts";
import type { SetConfig } from "../sections/sets.ts";
import { suggestion } from "../suggest.ts";
import { formatHostPort, isLoopback, isNumericHost, isWildcard } from "../values/address.ts";
import type { Check } from "./check.ts";

/**
 * What is found about single destinations. Without a list or a path for each that is as it should be: tables have them by the ten
 * thousand. `more` of a path: the key within the destination.
 */
function aboutEach(
  { sets }: Config,
  look: (one: DestinationConfig, pathTo: (...more: readonly string[]) => Path) => Finding | null,
): Finding[] {
  const findings: Finding[] = [];
  for (const set of sets) {
    let index = 0;
    const pathTo = (...more: readonly string[]) => ["sets", set.name, "destinations", index, ...more];
    for (; index < set.destinations.length; index++) {
      const one = set.destinations[index];
      const finding = one === undefined ? null : look(one, pathTo);
      if (finding !== null) findings.push(finding);
    }
  }
  return findings;
}

/** Sets from which nothing can be chosen. */
export const emptySets: Check = {
  summary: "A set without a destination that could be used.",
  look(config): Finding[] {
    return config.sets.flatMap((set) => {
      const path = ["sets", set.name, "destinations"];
      if (set.destinations.length === 0) return [withoutDestinations(config, set)];
      if (set.destinations.some((one) => one.state === "active" || one.state === "inactive")) return [];
      return [warningAt(path, `no destination of set "${set.name}" can be used: all are disabled or draining`)];
    });
  },
};

/** Of a set that only a table can bring, a name that is nearly that of another may be mistyped. */
function withoutDestinations({ sets, tables }: Config, { name, source }: SetConfig): Finding {
  const what = `set "${name}" has no destinations`;
  if (source === undefined) return warningAt(["sets", name], what);
  const present = sets.filter((one) => one.source === source && one.destinations.length > 0);
  const known = present.map((one) => one.name);
  const why = tables.has(source) ? "no row of its table is in it" : "its table could not be read";
  return warningAt(["sets", name], `${what}: it would come from source ${source}, and ${why}`, suggestion(name, known));
}

/** Destinations that this version cannot reach. */
export const unusableDestinations: Check = {
  summary: "A destination over a transport that is not available.",
  look(config): Finding[] {
    return aboutEach(config, ({ uri, unusable }, pathTo) =>
      unusable === "" ? null : warningAt(pathTo(), `${uri} is disabled: ${unusable}`),
    );
  },
};

/** One server under two names; whoever takes over a list of another product has it there on purpose, and rows of tables are like those. */
export const sameDestinations: Check = {
  summary: "A destination that is in its set under another name, too.",
  look(config, { isImported }): Finding[] {
    if (isImported) return [];
    const names = new Map<string, string>();
    return aboutEach(config, (one, pathTo) => {
      if (one.source !== undefined) return null;
      const place = placeOf(one, pathTo()[1]);
      const other = names.get(place);
      if (other === undefined) {
        names.set(place, one.name);
        return null;
      }
      const what = `"${one.name}" is where "${other}" is: one server counts as two, and a call may be tried there twice`;
      return warningAt(pathTo(), what, "one destination, with a weight where it is to get more");
    });
  },
};

/** Set, where requests to it go, and as what: numbers that are changed differently, or another listener, make another gateway of a server. */
function placeOf(one: DestinationConfig, set: unknown): string {
  const { transport, host, port, lookUp, user, strip, prefix, listener } = one;
  return JSON.stringify([set, transport, host, port, lookUp, user, strip, prefix, listener]);
}

/** What of a destination only some algorithms look at: under which feature they say so, and one that does. */
const HEEDED = [
  ["weight", "weight", 1, "weighted"],
  ["priority", "order", 0, "priority"],
  ["score", "score", 0, "opensips:9"],
] as const;

/** Weights, priorities and scores that the algorithm does not look at. */
export const ignoredSettings: Check = {
  summary: "A weight, priority or score that the set's algorithm does not look at.",
  look(config): Finding[] {
    return config.sets.flatMap((set) => {
      const uses = algorithmIn(config.algorithms, set.algorithm)?.uses ?? [];
      return HEEDED.flatMap(([key, feature, usual, other]) => {
        if (uses.includes(feature)) return [];
        const [first] = set.destinations;
        // All alike are no choice, whatever they are; the one to be told of is the one that somebody gave something.
        if (set.destinations.every((one) => one[key] === first?.[key])) return [];
        const index = set.destinations.findIndex((one) => one[key] !== usual);
        const path = ["sets", set.name, "destinations", index, key];
        return [warningAt(path, `${set.algorithm} does not look at ${key}`, `algorithm: ${other}`)];
      });
    });
  },
};

/** Answer times of which nobody is told when a server is well again. */
export const latencyWithoutProbes: Check = {
  summary: "An algorithm that goes by answer times, without probes to measure those that get no calls.",
  look(config): Finding[] {
    return config.sets.flatMap((set) => {
      const usesLatency = algorithmIn(config.algorithms, set.algorithm)?.uses?.includes("latency") === true;
      if (!usesLatency || set.probe !== null) return [];
      const what = `${set.algorithm} goes by answer times, and nothing measures those of servers that get no calls`;
      return [warningAt(["sets", set.name, "algorithm"], what, "probe: {every: 10s}")];
    });
  },
};

/** Destinations that we could not send to, or that are ourselves. */
export const reachability: Check = {
  summary: "A destination that is our own listener, or of an address family without a listener.",
  look(config): Finding[] {
    const { listeners } = config;
    const kinds = new Set(listeners.map(({ host, transport }) => kindOf(host, transport)));
    return aboutEach(config, (one, pathTo) => {
      if (one.lookUp !== "none") return null;
      const own = listeners.find((listener) => isAt(listener, one));
      if (own !== undefined) return warningAt(pathTo(), `${one.uri} is our own listener ${own.name}: a loop`);
      // What cannot be reached for another reason has been told.
      if (one.unusable !== "" || kinds.has(kindOf(one.host, one.transport))) return null;
      const where = formatHostPort(one.host, one.port);
      if (!listeners.some(({ host }) => isIPv6(host) === isIPv6(one.host)))
        return warningAt(pathTo(), `${where} has no listener of its address family to be sent from`);
      const what = `${where} has no ${one.transport} listener of its address family to be sent from`;
      return warningAt(pathTo(), what, `listeners: ["${one.transport}://..."]`);
    });
  },
};

function isAt(listener: ListenerConfig, { host, port, transport }: DestinationConfig): boolean {
  if (listener.port !== port || listener.transport !== transport) return false;
  return listener.host === host || (isWildcard(listener.host) && isLoopback(host));
}

function kindOf(host: string, transport: string): string {
  return host.includes(":") ? `${transport} over IPv6` : transport;
}

/** `large_requests` where it does nothing. */
export const largeRequests: Check = {
  summary: "A destination whose large requests are to go by TCP, where they cannot.",
  look(config): Finding[] {
    return aboutEach(config, (one, pathTo) => {
      if (one.largeRequests === "udp" || one.unusable !== "") return null;
      const path = pathTo("large_requests");
      if (one.transport !== "udp")
        return warningAt(path, `all requests to ${one.uri} go by ${one.transport}: this does nothing`);
      const hasTcp = config.listeners.some(
        ({ transport, host }) => transport === "tcp" && (!isNumericHost(one.host) || isIPv6(host) === isIPv6(one.host)),
      );
      if (!hasTcp)
        return warningAt(
          path,
          `${one.uri}: large requests go by UDP without a tcp listener`,
          'listeners: ["tcp://..."]',
        );
      if (config.forwarding === "stateful") return null;
      const why = "without transactions large requests go by UDP: nobody would know where their CANCEL has to go";
      return warningAt(path, `${one.uri}: ${why}`, "forwarding: stateful");
    });
  },
};

/** `probe_listener` that cannot send there. */
export const probeListeners: Check = {
  summary: "A destination whose probes cannot leave from the listener that it names.",
  look(config): Finding[] {
    return aboutEach(config, (one, pathTo) => {
      const { probeListener } = one;
      if (probeListener === undefined || one.unusable !== "" || one.lookUp !== "none") return null;
      const found = config.listeners.find(({ name }) => name === probeListener);
      if (found === undefined || kindOf(found.host, found.transport) === kindOf(one.host, one.transport)) return null;
      const what = `probes of ${one.uri} cannot leave from ${probeListener}: they leave from where its requests do`;
      return warningAt(pathTo("probe_listener"), what, "a listener of its transport and address family");
    });
  },
};

/** `proxy_protocol` where there is no connection. */
export const proxyHeaders: Check = {
  summary: "A destination that is to be told for whom connections are, and gets none.",
  look(config): Finding[] {
    return aboutEach(config, (one, pathTo) => {
      if (one.proxyProtocol === "none" || one.unusable !== "" || one.lookUp === "naptr") return null;
      if (one.transport !== "udp" || one.largeRequests === "tcp") return null;
      const what = `${one.uri} is reached by UDP, which has no such header`;
      return warningAt(pathTo("proxy_protocol"), what, ";transport=tcp");
    });
  },
};

/** Probes that overtake each other. */
export const probeTimes: Check = {
  summary: "A probe's timeout that is longer than the time between probes.",
  look(config): Finding[] {
    return config.sets.flatMap((set) => {
      if (set.probe === null || set.probe.timeout <= set.probe.every) return [];
      return [
        warningAt(
          ["sets", set.name, "probe", "timeout"],
          "the probe's timeout is longer than the time between two probes",
        ),
      ];
    });
  },
};
