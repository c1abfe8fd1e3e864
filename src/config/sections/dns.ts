// Section `dns`: who is asked about the names of destinations, and how long answers are believed.
import { z } from "zod";
import { isNumericHost, parseHostPort } from "../values/address.ts";
import { duration } from "../values/duration.ts";
import { refuse } from "../values/issue.ts";

/** A name server. Host without brackets. */
export interface NameServerConfig {
  readonly host: string;
  readonly port: number;
}

const server = z
  .string()
  .meta({ title: "ADDRESS[:PORT]", examples: ["10.0.0.53"] })
  .transform((text, sink): NameServerConfig => {
    // An IPv6 address without brackets has no port that it could be mistaken for.
    if (isNumericHost(text)) return { host: text, port: 53 };
    const place = parseHostPort(text);
    if (place === null || !isNumericHost(place.host)) {
      return refuse(sink, text, `"${text}" is not a name server`, "an address: 10.0.0.53, [2001:db8::53]:5353");
    }
    return { host: place.host, port: place.port ?? 53 };
  });

/** Schema of the section; times in milliseconds. */
export const dns = z
  .strictObject({
    servers: z
      .array(server)
      .max(8)
      .default([])
      .describe(
        "Name servers, asked in this order, beginning with the one that answered last. Default: those of `/etc/resolv.conf`, with its search domains.",
      ),
    timeout: duration(50, 30_000).prefault("2s").describe("How long one try waits for an answer."),
    attempts: z.int().min(1).max(10).default(2).describe("How often every server is asked before that is a failure."),
    min_ttl: duration(1_000, 3_600_000).prefault("5s").describe("Answers are kept at least this long."),
    max_ttl: duration(1_000, 604_800_000).prefault("1h").describe("Answers are kept at most this long."),
    max_negative_ttl: duration(1_000, 86_400_000)
      .prefault("1m")
      .describe("`There is no such name` is kept at most this long (RFC 2308)."),
    retry: duration(1_000, 3_600_000)
      .prefault("5s")
      .describe("Time after a failure until the servers are asked again."),
    max_addresses: z
      .int()
      .min(1)
      .max(256)
      .default(64)
      .describe("Most addresses of one name that are used; the first in the order of their SRV priority."),
  })
  .prefault({})
  .transform((given) => ({
    servers: given.servers,
    timeout: given.timeout,
    attempts: given.attempts,
    minTtl: given.min_ttl,
    maxTtl: Math.max(given.min_ttl, given.max_ttl),
    maxNegativeTtl: Math.max(given.min_ttl, given.max_negative_ttl),
    retry: given.retry,
    maxAddresses: given.max_addresses,
  }))
  .describe("How names of destinations are looked up.");
