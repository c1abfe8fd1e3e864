// How Kamailio and OpenSIPS probe where a script says no more than how often.
import type { SourceKind } from "../sections/sources.ts";
import { formatDuration, parseDuration } from "../values/written-duration.ts";

/** How long their probes wait for an answer: `fr_timer` of their transaction modules; milliseconds. Ours never overlap. */
const THEIR_TIMEOUT = 30_000;

/** The same of `probe`. */
const OUR_TIMEOUT = 2_000;

/** What a script does not say; `interval` in seconds, 0: no probes. `probe` in the shape of fairlead.yaml. */
export const THEIRS: Readonly<
  Record<SourceKind, { readonly interval: number; readonly probe: Readonly<Record<string, unknown>> }>
> = {
  kamailio: { interval: 0, probe: { down_after: 1, up_after: 1, mode: "once", from: "sip:dispatcher@localhost" } },
  opensips: {
    interval: 0,
    probe: { down_after: 3, up_after: 1, mode: "down", accept: [200], from: "sip:dispatcher@localhost" },
  },
  // Rows say which of them are probed. A 3xx changes nothing there: it must not take a destination out.
  load_balancer: {
    interval: 30,
    probe: { down_after: 1, up_after: 1, accept: ["2xx", "3xx"], from: "sip:prober@localhost" },
  },
};

/** `probe` of fairlead.yaml for what a script says; `interval`: as in the script. `every`: a duration, the one that counts. */
export function probeOf(
  kind: SourceKind,
  interval: number,
  every: string,
  said: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  // Who only asks for probes here has not set theirs to anything.
  if (interval === 0) return { every, ...said, ...(isWithin(every, OUR_TIMEOUT) ? { timeout: every } : {}) };
  const timeout = isWithin(every, THEIR_TIMEOUT) ? every : formatDuration(THEIR_TIMEOUT);
  return { every, timeout, ...THEIRS[kind].probe, ...said };
}

function isWithin(every: string, limit: number): boolean {
  const ms = parseDuration(every);
  return ms > 0 && ms < limit;
}
