// Section `state`: what is known about destinations, over reloads and restarts.
import { z } from "zod";
import { duration } from "../values/duration.ts";

/** Schema of the section. */
export const state = z
  .strictObject({
    file: z
      .string()
      .regex(/^$|^\/./, "an absolute path, such as /var/lib/fairlead/state.json")
      .default("")
      .describe(
        "Absolute path of a file that states, drains, latencies and told scores are kept in, and read from at start (OpenSIPS's `persistent_state`); empty: they end with the process. Loads are not: the calls are forgotten that would end them.",
      ),
    every: duration(1_000, 86_400_000)
      .prefault("30s")
      .describe("How often it is written where something changed; at the end, too."),
    max_age: duration(0, 2_592_000_000)
      .prefault("1h")
      .describe(
        "How old a latency or a told score may be to be taken over at start; `0s`: none is. States and drains do not grow old.",
      ),
    inherit: z
      .boolean()
      .default(true)
      .describe(
        "Whether a reload keeps states and drains (OpenSIPS's `inherit_state`); `false`: it takes the states of all destinations from the file, as Kamailio does. Loads and counters are kept in both.",
      ),
  })
  .transform(({ max_age: maxAge, ...others }) => ({ ...others, maxAge }))
  .prefault({})
  .describe("What is known about destinations, over reloads and restarts.");
