// Keys `failover` and `unavailable` of a set: when the next destination is tried, and what is answered when none is left.
import { z } from "zod";
import { duration } from "../values/duration.ts";
import { refuse } from "../values/issue.ts";

const reason = z
  .union([z.literal("timeout"), z.literal("transport_error"), z.int()])
  .transform((value, sink): "timeout" | "transport_error" | number => {
    if (typeof value === "number" && (value < 300 || value > 699))
      return refuse(
        sink,
        value,
        `${value} is no code to fail over on`,
        "timeout, transport_error, or a code from 300 to 699",
      );
    return value;
  });

/** Schema of `failover`. */
export const failover = z
  .strictObject({
    on: z
      .array(reason)
      .prefault(["timeout", "transport_error", 500, 502, 503, 504])
      .describe("What moves a request to the next candidate: `timeout`, `transport_error`, response codes."),
    tries: z.int().min(1).max(64).default(3).describe("Most destinations tried for one request."),
    answer_within: duration(50, 180_000)
      .prefault("2s")
      .describe("No response at all, 100 included, within this time is a timeout."),
    after_provisional: z
      .boolean()
      .default(false)
      .describe("Whether failover still happens after a 101-199 was passed on."),
    retry_after_cap: duration(0, 3_600_000)
      .prefault("60s")
      .describe(
        "A destination's 503 with Retry-After keeps new requests from it, for at most so long; `0s`: not at all.",
      ),
  })
  .transform(
    (value): FailoverConfig => ({
      codes: [...new Set(value.on.filter((event) => typeof event === "number"))],
      onTimeout: value.on.includes("timeout"),
      onTransportError: value.on.includes("transport_error"),
      tries: value.tries,
      answerWithin: value.answer_within,
      afterProvisional: value.after_provisional,
      retryAfterCap: value.retry_after_cap,
    }),
  )
  .prefault({})
  .describe("When the next destination is tried.");

/** Failover; times in milliseconds. */
export interface FailoverConfig {
  readonly codes: readonly number[];
  readonly onTimeout: boolean;
  readonly onTransportError: boolean;
  readonly tries: number;
  readonly answerWithin: number;
  readonly afterProvisional: boolean;
  readonly retryAfterCap: number;
}

/** Reason phrases: printable, without line ends. */
export const phrase = z
  .string()
  .regex(/^[\x20-\x7e]{0,128}$/, "a reason phrase is printable ASCII, at most 128 characters");

/** Schema of `unavailable`. */
export const unavailable = z
  .strictObject({
    status: z.int().min(400).max(699).default(500).describe("Code of the answer."),
    reason: phrase.default("Server Internal Error").describe("Its reason phrase."),
    retry_after: duration(0, 86_400_000).prefault("0s").describe("Retry-After, rounded up to seconds; `0s`: none."),
  })
  .transform(({ retry_after, ...rest }): UnavailableConfig => ({ ...rest, retryAfter: Math.ceil(retry_after / 1_000) }))
  .prefault({})
  .describe("What the caller gets instead of a destination's 503 when no candidate is left.");

/** The answer when no candidate is left; `retryAfter` in seconds, 0: none. */
export interface UnavailableConfig {
  readonly status: number;
  readonly reason: string;
  readonly retryAfter: number;
}
