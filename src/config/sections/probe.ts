// Keys `probe` and `passive` of a set: how we notice that a destination is down, and that it is up again.
import { z } from "zod";
import { USUAL_NEWEST_SHARE } from "../../health/latency.ts";
import { PROBE_MODES } from "../../health/probe-mode.ts";
import { parseDestinationUri } from "../values/destination-uri.ts";
import { duration } from "../values/duration.ts";
import { refuse } from "../values/issue.ts";
import { PROBE_INTERVAL } from "../values/probe-interval.ts";
import { statusRange } from "../values/status.ts";

const fields = z.strictObject({
  method: z
    .string()
    .regex(/^[A-Z]{1,32}$/, "a probe's method is written in capitals")
    .default("OPTIONS")
    .describe("Method of the probe."),
  every: duration(PROBE_INTERVAL.least, PROBE_INTERVAL.most)
    .prefault("10s")
    .describe("Time between two probes of a destination (jittered by a tenth)."),
  timeout: duration(50, 600_000).prefault("2s").describe("No final answer within this time is a failure."),
  down_after: z
    .int()
    .min(1)
    .max(1_000)
    .default(3)
    .describe("Failures in a row until it is inactive (Kamailio: ds_probing_threshold)."),
  up_after: z
    .int()
    .min(1)
    .max(1_000)
    .default(2)
    .describe("Successes in a row until it is active again (Kamailio: ds_inactive_threshold)."),
  mode: z
    .enum(PROBE_MODES)
    .default("all")
    .describe("Who is probed. Kamailio's ds_probing_mode: `all` 1, `down` 2, `once` 0, `marked` 3."),
  accept: z.array(statusRange).min(1).prefault(["2xx"]).describe("Answers that mean it is well: codes or classes."),
  latency_alpha: z
    .number()
    .min(0.001)
    .max(0.999)
    .default(USUAL_NEWEST_SHARE)
    .describe(
      "Share of the newest round trip in the smoothed latency, from the tenth on (Kamailio: ds_latency_estimator_alpha, in thousandths).",
    ),
  from: z
    .string()
    .default("sip:fairlead@localhost")
    .meta({ title: "SIP URI" })
    .transform((text, sink) => {
      return typeof parseDestinationUri(text) === "string"
        ? refuse(sink, text, `"${text}" is not a SIP URI`, "such as sip:prober@example.com")
        : text;
    })
    .describe("From URI of the probe."),
});

/** Schema of `probe`; output null: off. Times in milliseconds. */
export const probe = z
  .union([
    z.literal(false),
    fields.transform(({ down_after, up_after, latency_alpha, ...rest }) => {
      return { ...rest, downAfter: down_after, upAfter: up_after, latencyAlpha: latency_alpha };
    }),
  ])
  .prefault({})
  .transform((value) => (value === false ? null : value))
  .describe("Probing of every destination; `false`: off.");

/** Probing; times in milliseconds. */
export type ProbeConfig = NonNullable<z.output<typeof probe>>;

/** Schema of `passive`. */
export const passive = z
  .strictObject({
    failures: z
      .int()
      .min(0)
      .max(1_000)
      .default(3)
      .describe("Timeouts and transport errors in a row, of real traffic, that make a destination inactive; 0: off."),
    calls_lost_after: duration(0, 86_400_000)
      .prefault("5m")
      .describe(
        "The calls of a destination that has been down for so long are over and no longer counted; `0s`: never.",
      ),
  })
  .prefault({})
  .transform(({ failures, calls_lost_after }) => ({ failures, callsLostAfter: calls_lost_after }))
  .describe("What real traffic says about a destination.");

/** Passive health. */
export type PassiveConfig = z.output<typeof passive>;
