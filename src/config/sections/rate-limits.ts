// Section `rate_limits`: how many new requests strangers may send.
import { z } from "zod";
import { type AddressBlockConfig, addressBlock } from "../values/address-block.ts";

/** A rate, and how many may come at once. */
export interface RateConfig {
  readonly requestsPerSecond: number;
  readonly burst: number;
}

/** The section, defaults filled in. */
export interface RateLimitsConfig {
  /** Null: no limit. */
  readonly perSource: RateConfig | null;
  readonly perListener: RateConfig | null;
  readonly action: (typeof RATE_ACTIONS)[number];
  readonly ipv4Prefix: number;
  readonly ipv6Prefix: number;
  readonly allow: readonly AddressBlockConfig[];
}

/** What becomes of a request that is one too many. */
export const RATE_ACTIONS = ["reject", "drop"] as const;
/** Without `burst`: as many as come in so many seconds, but not fewer than a phone needs when it starts. */
const BURST_SECONDS = 5;
const SMALLEST_BURST = 10;

const rate = z
  .strictObject({
    requests_per_second: z.number().min(0.01).max(1_000_000).describe("New requests per second."),
    burst: z
      .int()
      .min(1)
      .max(10_000_000)
      .optional()
      .describe("How many may come at once. Default: those of 5 seconds, and 10 at least."),
  })
  .transform(
    ({ requests_per_second: perSecond, burst }): RateConfig => ({
      requestsPerSecond: perSecond,
      burst: burst ?? Math.max(SMALLEST_BURST, Math.ceil(perSecond * BURST_SECONDS)),
    }),
  );

/** Schema of the section. */
export const rateLimits = z
  .strictObject({
    per_source: rate.optional().describe("For each source address. Default: no limit."),
    per_listener: rate
      .optional()
      .describe("For all strangers together on each listener, within their own limits. Default: no limit."),
    action: z
      .enum(RATE_ACTIONS)
      .default("reject")
      .describe("What becomes of a request beyond: `reject` answers 503 with Retry-After, `drop` says nothing."),
    ipv4_prefix: z.int().min(8).max(32).default(32).describe("Leading bits of an IPv4 address that make one source."),
    ipv6_prefix: z.int().min(16).max(128).default(64).describe("Leading bits of an IPv6 address that make one source."),
    allow: z
      .array(addressBlock)
      .max(1000)
      .prefault([])
      .describe("Sources that are not limited, besides destinations, `trusted` and the `allow` of the listener."),
  })
  .prefault({})
  .transform(
    (given): RateLimitsConfig => ({
      perSource: given.per_source ?? null,
      perListener: given.per_listener ?? null,
      action: given.action,
      ipv4Prefix: given.ipv4_prefix,
      ipv6Prefix: given.ipv6_prefix,
      allow: given.allow,
    }),
  )
  .describe("How many new requests strangers may send; nobody is limited by default.");
