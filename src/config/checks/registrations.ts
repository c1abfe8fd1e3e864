// What registered phones lose by a configuration that says half of what it wants.
import { type Finding, warningAt } from "../finding.ts";
import { formatDuration } from "../values/written-duration.ts";
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

/** Most phones register for an hour (RFC 3261 10.2), and not all of them send anything meanwhile. */
const USUAL_REGISTRATION = 3_600_000;

/** A quiet phone is found over the connection that it registered by, or not at all. WebSockets are pinged, so they are never idle. */
export const briefConnections: Check = {
  summary: "`streams.idle` below 1h where phones register over TCP or TLS with `path` or `contact: repair`.",
  look({ streams, listeners, routes }): Finding[] {
    if (streams.idle >= USUAL_REGISTRATION) return [];
    const heard = listeners.filter(
      ({ transport, connectOnly }) => (transport === "tcp" || transport === "tls") && connectOnly !== true,
    );
    const hasPath = routes.some(({ action }) => action.kind === "dispatch" && (action.path ?? "never") !== "never");
    if (!(hasPath ? heard.length > 0 : heard.some(({ contact }) => contact === "repair"))) return [];
    const what = `phones on TCP and TLS that say nothing for ${formatDuration(streams.idle)} lose their connection, and get no calls until they register again`;
    return [warningAt(["streams", "idle"], what, "streams: { idle: 1h }")];
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
