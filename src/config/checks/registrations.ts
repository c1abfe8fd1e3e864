// What registered phones lose by a configuration that says half of what it wants.
import { type Finding, warningAt } from "../finding.ts";
import type { Check } from "./check.ts";

/** Tokens of registrations outlive the process, keys made at start do not. */
export const pathWithoutKeys: Check = {
  summary: "`path` on a route without `keys`: no registered phone is found after a restart.",
  look({ routes, keys }): Finding[] {
    const route = routes.findIndex(({ action }) => action.kind === "dispatch" && (action.path ?? "never") !== "never");
    if (route < 0 || keys.length > 0) return [];
    const what = "there are no keys: after a restart no call finds a phone until that has registered again";
    return [warningAt(["routes", route, "path"], what, 'keys: ["${FAIRLEAD_KEY}"]')];
  },
};

/** Keep-alives are for phones on UDP whose registrar's answer we see. */
export const idleKeepalive: Check = {
  summary: "`keepalive` where no phone gets any.",
  look({ keepalive, listeners, routes, forwarding }): Finding[] {
    if (keepalive.interval === 0) return [];
    const isSeen = routes.some(
      (route) => route.action.kind === "dispatch" && (route.forwarding ?? forwarding) === "stateful",
    );
    const why = !listeners.some(({ transport }) => transport === "udp")
      ? "there is no listener of UDP"
      : isSeen
        ? ""
        : "stateless forwarding does not see how a registration is answered";
    return why === "" ? [] : [warningAt(["keepalive"], `keepalive has no effect: ${why}`, "keepalive: false")];
  },
};
