// Section `timers`: RFC 3261 timers and our own.
import { z } from "zod";
import { duration } from "../values/duration.ts";

/** Schema of the section; output in milliseconds. */
export const timers = z
  .strictObject({
    t1: duration(10, 60_000)
      .prefault("500ms")
      .describe("Round-trip estimate, the first retransmission interval (RFC 3261 17.1.1.1)."),
    t2: duration(10, 600_000).prefault("4s").describe("Longest retransmission interval of non-INVITE requests."),
    c: duration(180_001, 86_400_000)
      .prefault("181s")
      .describe("Timer C: an INVITE that only rings; more than 3 minutes (RFC 3261 16.6)."),
    linger: duration(100, 600_000)
      .prefault("32s")
      .describe("How long a finished transaction is remembered (timers D, J, L, M)."),
    // The packet path's clock wraps: nothing may be due further away than 2^31 ms, which is 24.8 days.
    dialog: duration(60_000, 24 * 86_400_000)
      .prefault("12h")
      .describe("A dialog without any message for this long is forgotten."),
  })
  .prefault({})
  .describe("RFC 3261 timers and our own.");
