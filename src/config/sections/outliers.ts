// Key `outliers` of a set: destinations that answer probes and fail calls.
import { z } from "zod";
import type { OutlierSettings } from "../../health/outlier-settings.ts";
import { duration } from "../values/duration.ts";

const percent = () => z.int().min(0).max(100);

const fields = z
  .strictObject({
    failed_percent: percent()
      .default(20)
      .describe(
        "Ejected when so many of 100 new requests failed: 5xx but 501, 505 and 513, no answer, refused by the network. 0: not looked at.",
      ),
    taken_percent: percent()
      .default(0)
      .describe(
        "Ejected when fewer of 100 calls were taken with 2xx (answer-seizure ratio); refusals that are no failures count for `trusted` callers only, cancelled calls never. 0: not looked at.",
      ),
    requests: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(30)
      .describe("With fewer new requests in the window nothing is concluded."),
    window: duration(1_000, 300_000).prefault("10s").describe("How far back is looked, in whole seconds."),
    eject_for: duration(1_000, 86_400_000)
      .prefault("30s")
      .describe("How long the first time; each time again it is as much longer, up to ten times as long."),
    max_ejected_percent: percent()
      .default(50)
      .describe("Most destinations of the set, of 100, that are ejected at a time; one always may be, the last never."),
    panic_percent: percent()
      .default(50)
      .describe(
        "When fewer of 100 destinations of the set would be left, for whatever reason, nobody is ejected: a bad one is better than too few.",
      ),
  })
  .transform(
    (value): OutlierSettings => ({
      failed: value.failed_percent / 100,
      taken: value.taken_percent / 100,
      requests: value.requests,
      window: value.window,
      ejectFor: value.eject_for,
      maxEjected: value.max_ejected_percent / 100,
      panic: value.panic_percent / 100,
    }),
  );

/** Schema of `outliers`; output null: off. */
export const outliers = z
  .union([z.literal(false), fields])
  .default(false)
  .transform((value) => (value === false ? null : value))
  .describe("Ejects destinations that fail new requests, whatever they answer to probes; `false`: off.");

/** Schema of `slow_start`. */
export const slowStart = duration(0, 3_600_000)
  .optional()
  .describe(
    "How long a destination that comes back takes until it has its whole share again, beginning with a tenth; `0s`: it has it at once. Default: `30s` with `outliers`, else `0s`.",
  );
