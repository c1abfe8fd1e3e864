// Section `log`.
import { z } from "zod";

/** Levels, the quietest last. */
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

/** Schema of the section. */
export const log = z
  .strictObject({
    level: z.enum(LOG_LEVELS).default("info").describe("Least level that is written."),
    format: z
      .enum(["auto", "json", "pretty"])
      .default("auto")
      .describe("`auto`: pretty on a terminal, one JSON object per line elsewhere."),
    access: z.boolean().default(false).describe("One line per finished transaction, at level `info`."),
  })
  .prefault({})
  .describe("What is written to standard output.");
