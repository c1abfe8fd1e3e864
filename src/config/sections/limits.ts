// Section `limits`: sizes of the tables that hold state, and how large a request may be.
import { z } from "zod";
import { size } from "../values/size.ts";

/** Schema of the section. */
export const limits = z
  .strictObject({
    transactions: z
      .int()
      .min(1_024)
      // A branch parameter names its row, never 0, by 24 bits (proxy/own-branch.ts); one worker may have them all.
      .max(16_777_215)
      .default(262_144)
      .describe("Most transactions at a time, over all workers. More are answered with 503."),
    dialogs: z
      .int()
      .min(1_024)
      .max(67_108_864)
      .default(1_048_576)
      .describe(
        "Most dialogs at a time, over all workers. A call beyond is set up, and goes on by its Record-Route, but is no longer counted on its destination 32 s after its answer.",
      ),
    message_bytes: size(1_048_576, 68_719_476_736)
      .prefault("256MiB")
      .describe("Memory for stored messages, over all workers."),
    header_bytes: size(1_024, 65_507)
      .prefault("32KiB")
      .describe("Longest start line and headers of a request. Longer ones are answered with 400."),
    request_bytes: size(1_024, 65_507)
      .prefault("65507B")
      .describe("Longest request. Longer ones are answered with 513. The default is all that fits into a datagram."),
    large_request_bytes: size(512, 65_507)
      .prefault("1300B")
      .describe(
        "A request that leaves with more bytes is a large one (RFC 3261 18.1.1): see `large_requests` of destinations. 200 less than the smallest MTU on the way.",
      ),
    header_lines: z
      .int()
      .min(16)
      .max(10_000)
      .default(512)
      .describe("Most header lines of a request. More are answered with 513."),
    vias: z
      .int()
      .min(4)
      .max(255)
      .default(70)
      .describe("Most Via values of a request: the hops behind it. More are answered with 400."),
    request_uri_bytes: size(128, 65_507)
      .prefault("4KiB")
      .describe("Longest request URI. Longer ones are answered with 414."),
  })
  .prefault({})
  .transform(
    ({
      message_bytes,
      header_bytes,
      request_bytes,
      header_lines,
      request_uri_bytes,
      large_request_bytes,
      ...rest
    }) => ({
      ...rest,
      messageBytes: message_bytes,
      headerBytes: header_bytes,
      requestBytes: request_bytes,
      headerLines: header_lines,
      uriBytes: request_uri_bytes,
      largeRequestBytes: large_request_bytes,
    }),
  )
  .describe("Sizes of the tables and of requests, fixed at start.");
