// "Come again later": 503 with Retry-After, from a request alone. Whoever has no time or no room for new work answers so.
import type { Context } from "./context.ts";

/** The status of such an answer; its Retry-After is in `c.extra`. For the loop to answer with; keeps nothing. */
export function busy(c: Context): number {
  const { busyLines } = c.adopted;
  c.extra = busyLines[(c.live.random() >>> 0) % busyLines.length]!;
  return 503;
}
