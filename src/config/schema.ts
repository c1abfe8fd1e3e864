// The configuration's shape. A section per file in sections/; this one only assembles them.
import { z } from "zod";
import type { HookConfig } from "./hook-addresses.ts";
import type { OwnAlgorithmConfig } from "./own-algorithms.ts";
import type { Secret } from "./secret.ts";
import { admin, type Role } from "./sections/admin.ts";
import { algorithms } from "./sections/algorithms.ts";
import { dns } from "./sections/dns.ts";
import { hooks } from "./sections/hooks.ts";
import { keepalive } from "./sections/keepalive.ts";
import { keys } from "./sections/keys.ts";
import { limits } from "./sections/limits.ts";
import { listeners } from "./sections/listeners.ts";
import { log } from "./sections/log.ts";
import { misc } from "./sections/misc.ts";
import { overload } from "./sections/overload.ts";
import { protection } from "./sections/protection.ts";
import { type RateLimitsConfig, rateLimits } from "./sections/rate-limits.ts";
import { routes } from "./sections/routes.ts";
import { scanners } from "./sections/scanners.ts";
import { sets } from "./sections/sets.ts";
import { sources } from "./sections/sources.ts";
import { state } from "./sections/state.ts";
import { streams } from "./sections/streams.ts";
import { timers } from "./sections/timers.ts";
import { tls } from "./sections/tls.ts";
import type { SourceConfig } from "./source-databases.ts";
import type { Tables } from "./tables/table.ts";
import type { TlsProfileConfig } from "./tls-files.ts";

/** `fairlead.yaml`. Its input type is the file, its output type the configuration before keys are read. */
export const schema = z.strictObject({
  listeners,
  sets,
  algorithms,
  sources,
  routes,
  timers,
  limits,
  dns,
  streams,
  overload,
  keepalive,
  tls,
  keys,
  admin,
  hooks,
  log,
  state,
  rate_limits: rateLimits,
  scanners,
  ...protection,
  ...misc,
});

/** What the file says, normalised, keys still as references. */
export type Parsed = z.output<typeof schema>;

/** Somebody who may use the admin API. */
export interface AccessToken {
  readonly name: string;
  readonly role: Role;
  readonly secret: Secret;
}

/** The admin API. Host without brackets. */
export interface AdminConfig extends Readonly<Omit<NonNullable<Parsed["admin"]>, "tokens">> {
  /** None: every program of this machine may do everything. */
  readonly tokens: readonly AccessToken[];
}

/** The configuration: times in milliseconds, sizes in bytes, addresses taken apart, references resolved, keys read. */
export interface Config
  extends Readonly<
    Omit<
      Parsed,
      | "keys"
      | "algorithms"
      | "sources"
      | "hooks"
      | "tls"
      | "admin"
      | "receive_buffer"
      | "server_header"
      | "protected_headers"
      | "rate_limits"
    >
  > {
  /** The first signs, all verify; empty: random ones are to be made at start. */
  readonly keys: readonly Secret[];
  readonly algorithms: readonly OwnAlgorithmConfig[];
  readonly sources: readonly SourceConfig[];
  readonly hooks: readonly HookConfig[];
  /** What the sources' tables had when its sets were filled from them. */
  readonly tables: Tables;
  readonly tls: readonly TlsProfileConfig[];
  /** Null: off. */
  readonly admin: AdminConfig | null;
  /** Bytes asked of SO_RCVBUF. */
  readonly receiveBuffer: number;
  /** Value of the Server header; empty: none. */
  readonly serverHeader: string;
  readonly rateLimits: RateLimitsConfig;
  /** Names of headers that only trusted sources and destinations may send. */
  readonly protectedHeaders: readonly string[];
}
