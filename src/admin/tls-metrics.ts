// Metrics of certificates: when each of ours ends, for whoever watches over them.
import type { Registry } from "prom-client";
import type { AdminBackend } from "./backend.ts";
import { read } from "./read-metric.ts";

/** Registers them. */
export function registerTls(registry: Registry, backend: AdminBackend): void {
  const help = "When a certificate of ours ends, in seconds since 1970";
  read(registry, "gauge", "tls_certificate_expiry_seconds", help, ["profile", "file"], (set) => {
    for (const { profile, file, expires } of backend.certificates()) set(expires / 1000, { profile, file });
  });
  const lists = "When the first revocation list of a file runs out, in seconds since 1970";
  read(registry, "gauge", "tls_crl_expiry_seconds", lists, ["profile", "file"], (set) => {
    for (const { profile, file, expires } of backend.revocations()) set(expires / 1000, { profile, file });
  });
}
