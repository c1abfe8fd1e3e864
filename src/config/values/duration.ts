// Durations in a configuration, and how wrong ones are refused.
import { z } from "zod";
import { refuse } from "./issue.ts";
import { DURATION, DURATION_HINT, formatDuration, parseDuration } from "./written-duration.ts";

/** Schema of a duration of `min` to `max` milliseconds, both included. */
export function duration(min: number, max: number) {
  return z
    .string()
    .meta({ title: "duration", pattern: DURATION.source, examples: ["500ms", "10s"] })
    .transform((text, sink): number => {
      const ms = parseDuration(text);
      if (ms < 0) return refuse(sink, text, `"${text}" is not a duration`, DURATION_HINT);
      if (ms < min || ms > max) {
        return refuse(sink, text, `${text} is out of range`, `from ${formatDuration(min)} to ${formatDuration(max)}`);
      }
      return ms;
    });
}
