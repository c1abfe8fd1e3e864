// Section `keepalive`: what is sent to registered phones on UDP so that the NAT before them stays open.
import { z } from "zod";
import { duration } from "../values/duration.ts";

/** What is sent: two line ends (RFC 5626 does so over streams; phones ignore them), or OPTIONS, which phones answer. */
export const KEEPALIVE_KINDS = ["crlf", "options"] as const;

/** Keep-alives; `interval` in milliseconds, 0: off. */
export interface KeepAliveConfig {
  readonly interval: number;
  readonly kind: (typeof KEEPALIVE_KINDS)[number];
  readonly flows: number;
}

const OFF: KeepAliveConfig = { interval: 0, kind: "crlf", flows: 65_536 };

/** Schema of the section. */
export const keepalive = z
  .union([
    z.literal(false),
    z.strictObject({
      interval: duration(1_000, 3_600_000)
        .prefault("30s")
        .describe("Time between two keep-alives to one phone. Many NATs forget a flow of UDP after 30 to 60 s."),
      kind: z
        .enum(KEEPALIVE_KINDS)
        .default("crlf")
        .describe(
          "`crlf`: two line ends, 4 bytes that no phone answers; `options`: an OPTIONS, for NATs that only what comes from inside keeps open.",
        ),
      flows: z
        .int()
        .min(1)
        .max(16_777_215)
        .default(OFF.flows)
        .describe("Most phones that are remembered for this, over all workers; more get none. Fixed at start."),
    }),
  ])
  .prefault(false)
  .transform((given): KeepAliveConfig => (given === false ? OFF : given))
  .describe(
    "Keep-alives to phones that registered over UDP with our Path, from the 2xx until the registration ends; `false`: none.",
  );
