// Sets that cannot serve, and settings of destinations that do nothing.
import { isIPv6 } from "node:net";
import { algorithmByName } from "../../dispatch/algorithms/index.ts";
import { type Finding, warningAt } from "../finding.ts";
import type { SetConfig } from "../sections/sets.ts";
import { formatHostPort, isLoopback, isNumericHost, isWildcard } from "../values/address.ts";
import type { Check } from "./check.ts";

/** Sets from which nothing can be chosen. */
export const emptySets: Check = {
  summary: "A set without a destination that could be used.",
  look(config): Finding[] {
    return config.sets.flatMap((set) => {
      const path = ["sets", set.name, "destinations"];
      if (set.destinations.length === 0)
        return [warningAt(["sets", set.name], `set "${set.name}" has no destinations`)];
      if (set.destinations.some((one) => one.state === "active" || one.state === "inactive")) return [];
      return [warningAt(path, `no destination of set "${set.name}" can be used: all are disabled or draining`)];
    });
  },
};

/** Destinations that this version cannot reach. */
export const unusableDestinations: Check = {
  summary: "A destination over a transport that is not available.",
  look(config): Finding[] {
    return config.sets.flatMap((set) =>
      set.destinations.flatMap((destination, index) => {
        if (destination.unusable === "") return [];
        return [
          warningAt(
            ["sets", set.name, "destinations", index],
            `${destination.uri} is disabled: ${destination.unusable}`,
          ),
        ];
      }),
    );
  },
};

function firstWhere(set: SetConfig, differs: (one: SetConfig["destinations"][number]) => boolean): number {
  return set.destinations.findIndex(differs);
}

/** Weights and priorities that the algorithm does not look at. */
export const ignoredSettings: Check = {
  summary: "A weight or priority that the set's algorithm does not look at.",
  look(config): Finding[] {
    return config.sets.flatMap((set) => {
      const findings: Finding[] = [];
      const base = ["sets", set.name, "destinations"];
      const uses = algorithmByName(set.algorithm)?.uses ?? [];
      const weight = firstWhere(set, (one) => one.weight !== set.destinations[0]?.weight);
      if (weight >= 0 && !uses.includes("weight")) {
        findings.push(
          warningAt([...base, weight, "weight"], `${set.algorithm} does not look at weight`, "algorithm: weighted"),
        );
      }
      const priority = firstWhere(set, (one) => one.priority !== set.destinations[0]?.priority);
      if (priority >= 0 && !uses.includes("order")) {
        findings.push(
          warningAt(
            [...base, priority, "priority"],
            `${set.algorithm} does not look at priority`,
            "algorithm: priority",
          ),
        );
      }
      return findings;
    });
  },
};

/** Answer times of which nobody is told when a server is well again. */
export const latencyWithoutProbes: Check = {
  summary: "An algorithm that goes by answer times, without probes to measure those that get no calls.",
  look(config): Finding[] {
    return config.sets.flatMap((set) => {
      const usesLatency = algorithmByName(set.algorithm)?.uses?.includes("latency") === true;
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
    return config.sets.flatMap((set) =>
      set.destinations.flatMap((one, index) => {
        if (!isNumericHost(one.host)) return [];
        const path = ["sets", set.name, "destinations", index];
        const own = config.listeners.find((listener) => {
          const same = listener.host === one.host || (isWildcard(listener.host) && isLoopback(one.host));
          return same && listener.port === one.port && listener.transport === one.transport;
        });
        if (own !== undefined) return [warningAt(path, `${one.uri} is our own listener ${own.name}: a loop`)];
        // What cannot be reached for another reason has been told.
        if (one.unusable !== "") return [];
        const near = config.listeners.filter((listener) => isIPv6(listener.host) === isIPv6(one.host));
        const where = formatHostPort(one.host, one.port);
        if (near.length === 0)
          return [warningAt(path, `${where} has no listener of its address family to be sent from`)];
        if (near.some(({ transport }) => transport === one.transport)) return [];
        const hint = `listeners: ["${one.transport}://..."]`;
        return [
          warningAt(path, `${where} has no ${one.transport} listener of its address family to be sent from`, hint),
        ];
      }),
    );
  },
};

/** `large_requests` where it does nothing. */
export const largeRequests: Check = {
  summary: "A destination whose large requests are to go by TCP, where they cannot.",
  look(config): Finding[] {
    return config.sets.flatMap((set) =>
      set.destinations.flatMap((one, index) => {
        if (one.largeRequests === "udp" || one.unusable !== "") return [];
        const path = ["sets", set.name, "destinations", index, "large_requests"];
        if (one.transport !== "udp")
          return [warningAt(path, `all requests to ${one.uri} go by ${one.transport}: this does nothing`)];
        const hasTcp = config.listeners.some(
          ({ transport, host }) =>
            transport === "tcp" && (!isNumericHost(one.host) || isIPv6(host) === isIPv6(one.host)),
        );
        if (!hasTcp)
          return [
            warningAt(path, `${one.uri}: large requests go by UDP without a tcp listener`, 'listeners: ["tcp://..."]'),
          ];
        if (config.forwarding === "stateful") return [];
        const why = "without transactions large requests go by UDP: nobody would know where their CANCEL has to go";
        return [warningAt(path, `${one.uri}: ${why}`, "forwarding: stateful")];
      }),
    );
  },
};

/** `proxy_protocol` where there is no connection. */
export const proxyHeaders: Check = {
  summary: "A destination that is to be told for whom connections are, and gets none.",
  look(config): Finding[] {
    return config.sets.flatMap((set) =>
      set.destinations.flatMap((one, index) => {
        if (one.proxyProtocol === "none" || one.unusable !== "" || one.lookUp === "naptr") return [];
        if (one.transport !== "udp" || one.largeRequests === "tcp") return [];
        const path = ["sets", set.name, "destinations", index, "proxy_protocol"];
        return [warningAt(path, `${one.uri} is reached by UDP, which has no such header`, ";transport=tcp")];
      }),
    );
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
