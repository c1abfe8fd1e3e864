// How often a destination may be probed, for the configuration and for the option of the same meaning.

/** Milliseconds between two probes of a destination, both included. */
export const PROBE_INTERVAL = { least: 100, most: 86_400_000 } as const;
