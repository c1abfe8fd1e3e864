// What forwarding without transactions takes away.
import { type Finding, warningAt } from "../finding.ts";
import { algorithmIn } from "../own-algorithms.ts";
import type { Config } from "../schema.ts";
import { matchExpression } from "../sections/match.ts";
import { isKeyWord, isStableKey, parseKeyExpression } from "../values/key-expression.ts";
import type { Check } from "./check.ts";

/** Names of the sets that some route dispatches to statelessly, with that route's index. */
function statelessSets(config: Config): Map<string, number> {
  const sets = new Map<string, number>();
  for (const [index, route] of config.routes.entries()) {
    const stateless = (route.forwarding ?? config.forwarding) === "stateless";
    if (!stateless || route.action.kind !== "dispatch") continue;
    for (const set of [route.action.set, ...(route.action.others ?? [])]) if (!sets.has(set)) sets.set(set, index);
  }
  return sets;
}

/** Whether CANCEL and ACK have the key of their INVITE. */
function isStable(key: string | undefined): boolean {
  if (key === undefined || isKeyWord(key)) return key !== "auth-user";
  const parts = parseKeyExpression(key);
  return typeof parts !== "string" && isStableKey(parts);
}

/** Stateless forwarding wants an algorithm that chooses the same destination every time. */
export const statelessChoice: Check = {
  summary: "Stateless forwarding with an algorithm that chooses anew for every message.",
  look(config): Finding[] {
    return [...statelessSets(config)].flatMap(([name, route]) => {
      const set = config.sets.find((one) => one.name === name);
      if (set === undefined) return [];
      const { action } = config.routes[route] ?? {};
      const key = action?.kind === "dispatch" ? (action.key ?? set.key) : set.key;
      if (algorithmIn(config.algorithms, set.algorithm)?.isPure === true && isStable(key)) return [];
      const what = `stateless forwarding with ${set.algorithm}${key === undefined ? "" : ` by ${key}`}: every message chooses anew, so a retransmission, CANCEL or ACK may go to another destination than its INVITE`;
      return [
        warningAt(
          ["routes", route],
          what,
          "Kamailio's stateless forward() does the same; use a hash algorithm, or forwarding: stateful",
        ),
      ];
    });
  },
};

/** Who answers first has the call: somebody has to remember the others. */
export const statelessFork: Check = {
  summary: "Stateless forwarding with an algorithm that sends to all destinations at once.",
  look(config): Finding[] {
    return [...statelessSets(config)].flatMap(([name, route]) => {
      const algorithm = config.sets.find((one) => one.name === name)?.algorithm ?? "";
      if (algorithmIn(config.algorithms, algorithm)?.forks !== true) return [];
      const what = `stateless forwarding with ${algorithm}: branches need a transaction, so only the first destination gets requests`;
      return [warningAt(["routes", route], what, "forwarding: stateful")];
    });
  },
};

/** CANCEL and ACK have to find the route of their INVITE by what they share with it. */
export const statelessMatch: Check = {
  summary: "A stateless route that matches what a CANCEL or an ACK does not have of its INVITE.",
  look(config): Finding[] {
    return config.routes.flatMap((route, index) => {
      const isStateless = (route.forwarding ?? config.forwarding) === "stateless";
      if (!isStateless || route.action.kind !== "dispatch") return [];
      return route.match
        .filter(({ of }) => !isStable(matchExpression(of)))
        .map(({ of }) =>
          warningAt(
            ["routes", index, "match", of],
            `stateless forwarding by ${of}: a CANCEL or an ACK need not have what its INVITE has, and takes another route then`,
            "match request-uri, from, to, call-id or source; or forwarding: stateful",
          ),
        );
    });
  },
};

/** Loads are counted from transactions. */
export const statelessCapacity: Check = {
  summary: "Limits on calls with stateless forwarding, which does not count calls.",
  look(config): Finding[] {
    return [...statelessSets(config).keys()].flatMap((name) => {
      const set = config.sets.find((one) => one.name === name);
      const limits = {
        max_calls: set?.destinations.findIndex(({ maxCalls }) => maxCalls > 0) ?? -1,
        resources: set?.destinations.findIndex(({ resources }) => Object.keys(resources).length > 0) ?? -1,
      };
      return Object.entries(limits).flatMap(([key, index]) => {
        if (index < 0) return [];
        const path = ["sets", name, "destinations", index, key];
        const verb = key === "resources" ? "have" : "has";
        return [
          warningAt(
            path,
            `${key} ${verb} no effect: stateless forwarding does not count calls`,
            "forwarding: stateful",
          ),
        ];
      });
    });
  },
};
