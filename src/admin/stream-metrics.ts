// Metrics of connections: there are some only where a listener is one of streams.
import type { Registry } from "prom-client";
import type { StreamCounter } from "../bridge/stream-start.ts";
import type { AdminBackend } from "./backend.ts";
import { read } from "./read-metric.ts";

const OPENED: readonly (readonly [StreamCounter, string])[] = [
  ["accepted", "them"],
  ["opened", "us"],
];
const CLOSED: readonly StreamCounter[] = [
  "refused",
  "reserved",
  "source_full",
  "not_allowed",
  "proxy_header",
  "connect_failed",
  "unverified",
  "handshake_refused",
  "handshake_source_full",
  "handshake_reserved",
  "handshake_timeout",
  "handshake_not_begun",
  "handshake_failed",
  "unverified_client",
  "idle",
  "lifetime",
  "silent",
  "stalled",
  "unfinished",
  "unframed",
  "upgrade_failed",
];

/** Registers them. */
export function registerStreams(registry: Registry, backend: AdminBackend): void {
  if (backend.streams() === null) return;
  const counter = (name: StreamCounter) => backend.streams()?.counters[name] ?? 0;
  read(registry, "gauge", "stream_worker_ready", "1 while the stream worker listens", [], (set) =>
    set(backend.streams()?.ready === true ? 1 : 0),
  );
  read(
    registry,
    "gauge",
    "stream_delay_seconds",
    "How late the stream worker's event loop is, without a break",
    [],
    (set) => set((backend.streams()?.delay ?? 0) / 1000),
  );
  read(registry, "gauge", "stream_connections", "Open connections", [], (set) =>
    set(backend.streams()?.connections ?? 0),
  );
  read(
    registry,
    "gauge",
    "stream_unheard",
    "Open connections over which no headers have come to their end yet",
    [],
    (set) => set(backend.streams()?.unheard ?? 0),
  );
  read(registry, "gauge", "stream_unsecured", "Connections before the end of their TLS handshake", [], (set) =>
    set(backend.streams()?.unsecured ?? 0),
  );
  read(
    registry,
    "counter",
    "stream_opened_total",
    "Connections by who made them; theirs from when headers or a handshake have come as a whole",
    ["by"],
    (set) => {
      for (const [name, by] of OPENED) set(counter(name), { by });
    },
  );
  read(registry, "counter", "stream_closed_total", "Connections ended by us or never made", ["reason"], (set) => {
    for (const reason of CLOSED) set(counter(reason), { reason });
  });
  read(
    registry,
    "counter",
    "stream_aliases_total",
    "Connections made by others over which we may send to them (RFC 5923)",
    [],
    (set) => set(counter("aliases")),
  );
  read(
    registry,
    "counter",
    "stream_slow_connects_total",
    "Attempts to connect for which something waited longer than streams.attempt_delay",
    [],
    (set) => set(counter("slow_connects")),
  );
  read(
    registry,
    "counter",
    "stream_outrun_total",
    "Requests that left for another address of their destination's name, because the connection there was made first",
    [],
    (set) => set(counter("outrun")),
  );
  read(
    registry,
    "counter",
    "stream_unsent_total",
    "Messages for which there was no connection, or a full one",
    [],
    (set) => set(counter("unsent")),
  );
  read(
    registry,
    "counter",
    "stream_refused_messages_total",
    "Messages refused while their connection went on: more than one in a WebSocket message",
    [],
    (set) => set(counter("refused_messages")),
  );
  read(registry, "counter", "stream_worker_restarts_total", "Stream workers that died and were replaced", [], (set) =>
    set(backend.streams()?.restarts ?? 0),
  );
}
