// Keys at the top of the configuration that need no section of their own.
import { z } from "zod";
import { duration } from "../values/duration.ts";
import { size } from "../values/size.ts";

/** Ways to forward: with transactions, or each message by itself. */
export const FORWARDING = ["stateful", "stateless"] as const;
/** Ways onto the wire. */
export const IO = ["auto", "batched", "portable"] as const;

/** Whether datagrams may leave in trains. */
export const SEGMENTATION = ["auto", "off"] as const;
/** Whether a worker waits for more where much comes (net/coalescing.ts). */
export const COALESCING = ["auto", "off"] as const;

/** Schemas by key. */
export const misc = {
  forwarding: z
    .enum(FORWARDING)
    .default("stateful")
    .describe(
      "With transactions (RFC 3261 16.2 to 16.10), or each message by itself (16.11). A route may say otherwise for itself.",
    ),
  workers: z
    .union([z.literal("auto"), z.int().min(1).max(16)])
    .default("auto")
    .describe("Worker threads; `auto`: one less than cores, at least 1 and at most 4."),
  io: z
    .enum(IO)
    .default("auto")
    .describe(
      "`batched`: recvmmsg and sendmmsg; `portable`: Node's own sockets; `auto`: batched where it is possible.",
    ),
  segmentation: z
    .enum(SEGMENTATION)
    .default("auto")
    .describe(
      "`auto`: when many datagrams leave at once, those of one length for one peer go together, and the system cuts them up (UDP_SEGMENT). Tools that listen on this machine's wire (sngrep, HOMER's agents) see the first of them only; `off` is for those. Batched only.",
    ),
  coalescing: z
    .enum(COALESCING)
    .default("auto")
    .describe(
      "`auto`: where much comes (4 datagrams at a time on the average), a worker that has just received 16 or more at once, and no more wait, waits a tenth of a millisecond for the next ones, because many together cost less each; `off`: it never does. Batched only; a change needs a restart.",
    ),
  watch: z.boolean().default(false).describe("Reload when a configuration file changes."),
  receive_buffer: size(4_096, 1_073_741_824).prefault("4MiB").describe("Socket receive buffer asked of the system."),
  server_header: z
    .string()
    .regex(/^[\x20-\x7e]{0,128}$/, "a header value is printable ASCII, at most 128 characters")
    .default("")
    .describe("Server header of our own answers; empty: none."),
  shutdown: z
    .strictObject({
      deadline: duration(0, 86_400_000).prefault("30s").describe("After SIGTERM live calls have this long to finish."),
    })
    .prefault({})
    .describe("How the process ends."),
} as const;
