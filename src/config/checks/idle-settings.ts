// Settings that are right for themselves, and do nothing where they stand.
import { type Finding, warningAt } from "../finding.ts";
import { algorithmIn } from "../own-algorithms.ts";
import type { Config } from "../schema.ts";
import { USUAL_BRANCHES } from "../sections/sets.ts";
import { boundFaultOf, keyFaultOf } from "../values/algorithm.ts";
import type { Check } from "./check.ts";

/** What the schema refuses under an algorithm of ours: what another one looks at is known only when its module has been read. */
export const idleUnderOwn: Check = {
  summary: "`key` or `load_bound` under an `own:` algorithm that looks at neither.",
  look({ sets, algorithms }): Finding[] {
    return sets.flatMap(({ name, algorithm, key, loadBound }) => {
      const own = algorithms.find((one) => one.algorithm.name === algorithm)?.algorithm;
      if (own === undefined) return [];
      const findings: Finding[] = [];
      const keyFault = key === undefined ? null : keyFaultOf(own, key);
      if (keyFault !== null) findings.push(warningAt(["sets", name, "key"], keyFault.what, 'its module: key: "set"'));
      const boundFault = loadBound === undefined ? null : boundFaultOf(own);
      if (boundFault !== null)
        findings.push(warningAt(["sets", name, "load_bound"], boundFault.what, 'its module: uses: ["bound"]'));
      return findings;
    });
  },
};

/** Who sends to one destination at a time has one branch. */
export const idleBranches: Check = {
  summary: "`max_branches` under an algorithm that sends to one destination at a time.",
  look({ sets, algorithms }): Finding[] {
    return sets.flatMap(({ name, algorithm, maxBranches }) => {
      if (maxBranches === USUAL_BRANCHES || algorithmIn(algorithms, algorithm)?.forks === true) return [];
      const what = `${algorithm} sends to one destination at a time: max_branches does nothing`;
      return [warningAt(["sets", name, "max_branches"], what, "algorithm: parallel")];
    });
  },
};

/** Most candidates of a request (`MAX_CANDIDATES` of the proxy). */
const MOST_TRIES = 16;

/** More tries than a request has candidates. */
export const idleTries: Check = {
  summary: "`failover.tries` above 16, which is how many candidates a request has at most.",
  look({ sets, routes }): Finding[] {
    const find = (path: readonly (string | number)[], tries: number) =>
      tries > MOST_TRIES
        ? [
            warningAt(
              path,
              `a request has at most ${MOST_TRIES} candidates: the rest of ${tries} tries never happens`,
              "tries: 16",
            ),
          ]
        : [];
    return [
      ...sets.flatMap(({ name, failover }) => find(["sets", name, "failover", "tries"], failover.tries)),
      ...routes.flatMap(({ action }, index) =>
        action.kind === "dispatch" ? find(["routes", index, "failover", "tries"], action.failover?.tries ?? 0) : [],
      ),
    ];
  },
};

/** `ring_limit` and `ring_timeout` without each other, or without anybody who waits. */
export const idleRingTimes: Check = {
  summary:
    "`ring_timeout` in `failover.on` without a `ring_limit`, and `ring_limit` where stateless forwarding has no timers.",
  look(config): Finding[] {
    const used = usesOf(config);
    const findings = used.flatMap(({ route, failover, own, isStateless }): Finding[] => {
      const path = ["routes", route, "failover"];
      if (isStateless && own?.ringLimit !== undefined && own.ringLimit > 0)
        return [warningAt([...path, "ring_limit"], STATELESS, "forwarding: stateful")];
      if (own?.onRingTimeout !== true || failover.ringLimit > 0) return [];
      return [warningAt([...path, "on"], WITHOUT_LIMIT, "ring_limit: 60s")];
    });
    for (const { name, failover } of config.sets) {
      const path = ["sets", name, "failover"];
      const uses = used.filter(({ set }) => set === name);
      const isIdle = uses.length > 0 && uses.every(({ isStateless }) => isStateless);
      if (failover.ringLimit > 0 && isIdle)
        findings.push(warningAt([...path, "ring_limit"], STATELESS, "forwarding: stateful"));
      const hasLimit = failover.ringLimit > 0 || uses.some((use) => use.failover.ringLimit > 0);
      if (failover.onRingTimeout && !hasLimit)
        findings.push(warningAt([...path, "on"], WITHOUT_LIMIT, "ring_limit: 60s"));
    }
    return findings;
  },
};

const STATELESS = "ring_limit does nothing: stateless forwarding has no timers";
const WITHOUT_LIMIT = "ring_timeout never happens: there is no ring_limit";

/** The routes that dispatch, with the failover that they have: what is their `own` before what is the set's. */
function usesOf(config: Config) {
  return config.routes.flatMap(({ action, forwarding }, route) => {
    if (action.kind !== "dispatch") return [];
    const set = config.sets.find(({ name }) => name === action.set);
    if (set === undefined) return [];
    const isStateless = (forwarding ?? config.forwarding) === "stateless";
    const own = action.failover;
    return [{ route, set: set.name, own, failover: { ...set.failover, ...own }, isStateless }];
  });
}

/** Percentages that are taken as if they were not there, or that leave nothing to ask for. */
export const overloadAttributes: Check = {
  summary: "`ocmin` and `ocmax` under `kamailio:64` that are no percentages, or the wrong way round.",
  look(config): Finding[] {
    return config.sets.flatMap(({ name, algorithm, destinations }) => {
      if (algorithm !== "kamailio:64") return [];
      return destinations.flatMap(({ attrs }, index) => {
        const { ocmin, ocmax } = attrs;
        if (ocmin === undefined && ocmax === undefined) return [];
        const at = (key: string) => ["sets", name, "destinations", index, "attrs", key];
        const wrong = Object.entries({ ocmin, ocmax }).filter(([, text]) => text !== undefined && !isPercent(text));
        if (wrong.length > 0)
          return wrong.map(([key, text]) => warningAt(at(key), `${key}: "${text}" is no percentage`, "0 to 100"));
        if (Number(ocmin ?? 0) <= Number(ocmax ?? 100)) return [];
        return [warningAt(at("ocmin"), `ocmin ${ocmin} is more than ocmax ${ocmax}`, "the least, then the most")];
      });
    });
  },
};

function isPercent(text: string): boolean {
  return /^\d{1,3}$/.test(text) && Number(text) <= 100;
}
