// Who can reach us, and under which name we can be reached.
import { errorAt, type Finding, warningAt } from "../finding.ts";
import { isLoopback, isWildcard } from "../values/address.ts";
import type { Check } from "./check.ts";

/** The admin API has no authentication in this version. */
export const exposedAdmin: Check = {
  summary: "An admin API that others than this machine can reach (refused).",
  look(config): Finding[] {
    if (config.admin === null || isLoopback(config.admin.host)) return [];
    return [
      errorAt(
        ["admin", "listen"],
        `the admin API would listen on ${config.admin.host} without authentication: refused`,
        "listen on 127.0.0.1 and reach it through ssh or a proxy that asks who is there",
      ),
    ];
  },
};

/** A wildcard is no address that others could send to. */
export const wildcardListener: Check = {
  summary: "A wildcard listener without `advertise`.",
  look(config): Finding[] {
    return config.listeners.flatMap((listener, index) => {
      if (!isWildcard(listener.host) || listener.advertise !== undefined) return [];
      const what = `${listener.name} has no advertise: Via and Record-Route carry whichever local address a message came to`;
      return [warningAt(["listeners", index], what, "advertise: the address that callers and destinations can reach")];
    });
  },
};

/** More threads than cores only wait for each other. */
export const tooManyWorkers: Check = {
  summary: "More workers than processor cores.",
  look(config, { cores }): Finding[] {
    if (cores === 0 || config.workers === "auto" || config.workers <= cores) return [];
    return [warningAt(["workers"], `${config.workers} workers on ${cores} cores`, "workers: auto")];
  },
};
