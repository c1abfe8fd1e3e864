// Section `streams`: how connections are bounded.
import { z } from "zod";
import { duration } from "../values/duration.ts";
import { size } from "../values/size.ts";

/** Schema of the section. */
export const streams = z
  .strictObject({
    connections: z
      .int()
      .min(16)
      .max(60_000)
      .default(10_000)
      .describe("When there are so many connections, one more that somebody makes is closed at once."),
    connections_per_source: z
      .int()
      .min(1)
      .max(60_000)
      .default(1024)
      .describe(
        "When one address (IPv6: one /64) has made so many connections, its next one is closed at once. Not for destinations and trusted sources.",
      ),
    connect_timeout: duration(10, 60_000)
      .prefault("1500ms")
      .describe("How long making a connection may take; then it is a transport error."),
    attempt_delay: duration(10, 2_000)
      .prefault("250ms")
      .describe(
        "When making a connection to an address of a name takes so long, the next address of that name is connected to as well (RFC 8305 5).",
      ),
    idle: duration(1_000, 86_400_000)
      .prefault("10m")
      .describe("A connection over which nothing passes for so long, keep-alives included, is closed."),
    message_timeout: duration(100, 600_000)
      .prefault("10s")
      .describe("How long a message may take from its first byte to its last; then its connection is closed."),
    ping: duration(1_000, 86_400_000)
      .prefault("30s")
      .describe("A WebSocket from which nothing comes for so long is pinged; after twice the time it is closed."),
    write_buffer: size(65_536, 1_073_741_824)
      .prefault("1MiB")
      .describe("Bytes that may wait to be sent over one connection; what is more is a transport error."),
    handshake_timeout: duration(100, 60_000)
      .prefault("5s")
      .describe(
        "How long the handshake of TLS of somebody who connects may take, from the connection on, and after it that of WebSocket; then the connection is closed.",
      ),
    handshakes: z
      .int()
      .min(1)
      .max(60_000)
      .default(1_000)
      .describe("Handshakes of TLS, and of WebSocket, that may be under way at a time; one more is closed at once."),
    handshakes_per_source: z
      .int()
      .min(1)
      .max(60_000)
      .default(250)
      .describe(
        "When so many handshakes of one address (IPv6: one /64) are under way, its next connection is closed at once. Not for destinations and trusted sources.",
      ),
    reserve: z
      .int()
      .min(0)
      .max(90)
      .default(10)
      .describe(
        "Percent of `connections` and of `handshakes` that are kept for destinations and trusted sources: strangers find no room from there on.",
      ),
    write_timeout: duration(1_000, 3_600_000)
      .prefault("30s")
      .describe("A peer that has not taken what waits for it after so long loses its connection."),
    lifetime: duration(0, 31_536_000_000)
      .prefault("0s")
      .describe("A connection of this age is closed, between two messages and when nothing passes; 0s: never."),
    keepalive: duration(1_000, 7_200_000)
      .prefault("60s")
      .describe("When nothing came for so long, TCP asks whether the other side is still there."),
  })
  .prefault({})
  .transform((given) => ({
    connections: given.connections,
    connectionsPerSource: given.connections_per_source,
    connectTimeout: given.connect_timeout,
    attemptDelay: given.attempt_delay,
    idle: given.idle,
    messageTimeout: given.message_timeout,
    ping: given.ping,
    writeBuffer: given.write_buffer,
    handshakeTimeout: given.handshake_timeout,
    handshakes: given.handshakes,
    handshakesPerSource: given.handshakes_per_source,
    reserve: given.reserve,
    writeTimeout: given.write_timeout,
    lifetime: given.lifetime,
    keepalive: given.keepalive,
  }))
  .describe("Bounds of connections, fixed at start.");
