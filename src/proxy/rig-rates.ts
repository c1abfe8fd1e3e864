// Rates for tests of workers.
import type { RateLimit, Rates } from "../bridge/rates.ts";

/** For each IPv4 address and IPv6 network of 64 bits, strangers on both listeners of a rig; beyond them a request gets 503. */
export function ratesOf(perSource: RateLimit): Rates {
  return {
    perSource,
    perListener: null,
    rejects: true,
    v4Prefix: 32,
    v6Prefix: 64,
    exempt: [new Int32Array(0), new Int32Array(0)],
  };
}
