// The words of the admin API about probes.

/** Whether a destination is probed: as configured, not for now, or not at all. */
export const PROBINGS = ["on", "paused", "off"] as const;
/** One of `PROBINGS`. */
export type Probing = (typeof PROBINGS)[number];

/** What an operator says about probes, and whether they are paused then. */
export const PROBE_VERBS = { "pause-probes": true, "resume-probes": false } as const;
/** One of `PROBE_VERBS`. */
export type ProbeVerb = keyof typeof PROBE_VERBS;
