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
        "Absolute path of a file that states, drains and latencies are kept in, and read from at start (OpenSIPS's `persistent_state`); empty: they end with the process.",
      ),
    every: duration(1_000, 86_400_000)
      .prefault("30s")
      .describe("How often it is written where something changed; at the end, too."),
    inherit: z
      .boolean()
      .default(true)
      .describe(
        "Whether a reload keeps states and drains (OpenSIPS's `inherit_state`); `false`: it takes the states of all destinations from the file, as Kamailio does. Loads and counters are kept in both.",
      ),
  })
  .prefault({})
  .describe("What is known about destinations, over reloads and restarts.");
