// Rate limits as workers ask for them: times instead of rates, and who is not limited as ranges.
import type { Rate, RateLimit, Rates } from "../bridge/rates.ts";
import type { Config } from "../config/schema.ts";
import type { RateConfig } from "../config/sections/rate-limits.ts";
import { compileBlock } from "./compile-block.ts";
import { compileRanges } from "./compile-ranges.ts";

/**
 * So many times more datagrams of whatever kind than new requests may come: a call has several, and those within a dialog
 * are not limited otherwise. What is beyond is dropped unread.
 */
const FLOOD = 5;
/** A few phones that start together are no flood, however few requests they may send. */
const SMALLEST_FLOOD = 50;

/** Compiles them; null where nobody is limited. */
export function compileRates({ rateLimits, trusted, listeners }: Config): Rates | null {
  const { perSource, perListener, action, ipv4Prefix, ipv6Prefix, allow } = rateLimits;
  if (perSource === null && perListener === null) return null;
  return {
    perSource: compileLimit(perSource),
    perListener: compileLimit(perListener),
    rejects: action === "reject",
    v4Prefix: ipv4Prefix,
    v6Prefix: ipv6Prefix,
    exempt: listeners.map((listener) => compileRanges([...trusted, ...allow, ...listener.allow].map(compileBlock))),
  };
}

function compileLimit(rate: RateConfig | null): RateLimit | null {
  if (rate === null) return null;
  const { requestsPerSecond, burst } = rate;
  return {
    requests: compileRate(requestsPerSecond, burst),
    datagrams: compileRate(requestsPerSecond * FLOOD, Math.max(burst * FLOOD, SMALLEST_FLOOD)),
  };
}

function compileRate(perSecond: number, burst: number): Rate {
  const interval = 1000 / perSecond;
  // A burst of whole requests stays whole, whatever the division has left behind the point.
  return { interval, depth: interval * (burst + 0.001) };
}
