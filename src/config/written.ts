// A configuration in the words of fairlead.yaml, defaults and references filled in: what an operator who asks for the
// configuration in force gets to see. Loading it again gives the same configuration.
import type { z } from "zod";
import type { Config, schema } from "./schema.ts";
import { type ListenerConfig, listenerUri } from "./sections/listeners.ts";
import type { RateConfig } from "./sections/rate-limits.ts";
import { formatHostPort } from "./values/address.ts";
import { formatAddressBlock } from "./values/address-block.ts";
import { formatSize } from "./values/size.ts";
import { formatDuration } from "./values/written-duration.ts";
import { writtenPattern, writtenRoute } from "./written-routes.ts";
import { type Full, writtenSet, writtenSets } from "./written-sets.ts";
import { writtenSource } from "./written-source.ts";
import { writtenProfile } from "./written-tls.ts";

/** The shape of the file, every section present. */
export type Written = Full<z.input<typeof schema>>;

/** Writes it. Keys are not: where one was read from stands in its place. */
export function written(config: Config): Written {
  return {
    listeners: config.listeners.map(listener),
    sets: writtenSets(config.sets),
    algorithms: Object.fromEntries(config.algorithms.map(({ name, file }) => [name, file])),
    sources: config.sources.map((source) => writtenSource(source, writtenSet(source.defaults))),
    routes: config.routes.map(writtenRoute),
    timers: timersOf(config),
    limits: limitsOf(config),
    dns: dnsOf(config),
    streams: streamsOf(config),
    overload: overloadOf(config),
    keepalive: keepaliveOf(config),
    tls: Object.fromEntries(config.tls.map((profile) => [profile.name, writtenProfile(profile)])),
    keys: config.keys.map((key) => key.toJSON()),
    admin: adminOf(config),
    hooks: config.hooks.map(hookOf),
    log: { ...config.log },
    state: writtenState(config),
    rate_limits: rateLimitsOf(config),
    scanners: { user_agents: [...config.scanners.userAgents] },
    trusted: config.trusted.map(formatAddressBlock),
    protected_headers: [...config.protectedHeaders],
    forwarding: config.forwarding,
    workers: config.workers,
    io: config.io,
    segmentation: config.segmentation,
    coalescing: config.coalescing,
    watch: config.watch,
    receive_buffer: formatSize(config.receiveBuffer),
    server_header: config.serverHeader,
    shutdown: { deadline: formatDuration(config.shutdown.deadline) },
  };
}

function adminOf({ admin }: Config): Written["admin"] {
  if (admin === null) return false;
  return {
    listen: `http://${formatHostPort(admin.host, admin.port)}`,
    tokens: admin.tokens.map(({ name, role, secret }) => ({ name, role, token: secret.toJSON() })),
    persist: admin.persist,
    kamailio_rpc: admin.kamailioRpc,
    opensips_mi: admin.opensipsMi,
  };
}

function hookOf({ on, action }: Config["hooks"][number]): NonNullable<Written["hooks"]>[number] {
  const timeout = formatDuration(action.timeout);
  if (action.kind === "command") return { on: [...on], command: { run: [...action.run], timeout } };
  return { on: [...on], webhook: { url: action.url.toJSON(), timeout, retries: action.retries } };
}

function timersOf({ timers }: Config): Full<NonNullable<Written["timers"]>> {
  return {
    t1: formatDuration(timers.t1),
    t2: formatDuration(timers.t2),
    c: formatDuration(timers.c),
    linger: formatDuration(timers.linger),
    dialog: formatDuration(timers.dialog),
  };
}

function dnsOf({ dns }: Config): Required<NonNullable<Written["dns"]>> {
  return {
    servers: dns.servers.map(({ host, port }) => formatHostPort(host, port)),
    timeout: formatDuration(dns.timeout),
    attempts: dns.attempts,
    min_ttl: formatDuration(dns.minTtl),
    max_ttl: formatDuration(dns.maxTtl),
    max_negative_ttl: formatDuration(dns.maxNegativeTtl),
    retry: formatDuration(dns.retry),
    max_addresses: dns.maxAddresses,
  };
}

function keepaliveOf({ keepalive }: Config): Exclude<Written["keepalive"], undefined> {
  const { interval, ...others } = keepalive;
  return interval === 0 ? false : { interval: formatDuration(interval), ...others };
}

function limitsOf({ limits }: Config): Full<NonNullable<Written["limits"]>> {
  return {
    transactions: limits.transactions,
    dialogs: limits.dialogs,
    message_bytes: formatSize(limits.messageBytes),
    header_bytes: formatSize(limits.headerBytes),
    request_bytes: formatSize(limits.requestBytes),
    header_lines: limits.headerLines,
    vias: limits.vias,
    request_uri_bytes: formatSize(limits.uriBytes),
    large_request_bytes: formatSize(limits.largeRequestBytes),
  };
}

function rateLimitsOf({ rateLimits }: Config): NonNullable<Written["rate_limits"]> {
  const { perSource, perListener, action, ipv4Prefix, ipv6Prefix, allow } = rateLimits;
  return {
    ...(perSource === null ? {} : { per_source: rate(perSource) }),
    ...(perListener === null ? {} : { per_listener: rate(perListener) }),
    action,
    ipv4_prefix: ipv4Prefix,
    ipv6_prefix: ipv6Prefix,
    allow: allow.map(formatAddressBlock),
  };
}

function rate({ requestsPerSecond, burst }: RateConfig) {
  return { requests_per_second: requestsPerSecond, burst };
}

function streamsOf({ streams }: Config): Full<NonNullable<Written["streams"]>> {
  return {
    connections: streams.connections,
    connections_per_source: streams.connectionsPerSource,
    connect_timeout: formatDuration(streams.connectTimeout),
    attempt_delay: formatDuration(streams.attemptDelay),
    idle: formatDuration(streams.idle),
    message_timeout: formatDuration(streams.messageTimeout),
    ping: formatDuration(streams.ping),
    write_buffer: formatSize(streams.writeBuffer),
    write_timeout: formatDuration(streams.writeTimeout),
    lifetime: formatDuration(streams.lifetime),
    keepalive: formatDuration(streams.keepalive),
    handshake_timeout: formatDuration(streams.handshakeTimeout),
    handshakes: streams.handshakes,
    handshakes_per_source: streams.handshakesPerSource,
    reserve: streams.reserve,
  };
}

function overloadOf({ overload }: Config): Full<NonNullable<Written["overload"]>> {
  return {
    max_new_calls_per_second: overload.newCalls,
    max_new_requests_per_second: overload.newRequests,
    burst: formatDuration(overload.burst),
    queues: overload.queues,
    stream_delay: formatDuration(overload.streamDelay),
    max_answers_per_second: overload.answers,
    retry_after: formatDuration(overload.retryAfter),
    emergency: overload.emergency.map((one) => (one.kind === "urn" ? one.urn : writtenPattern(one.uri))),
  };
}

function listener(one: ListenerConfig): Written["listeners"][number] {
  const uri = listenerUri(one);
  return {
    uri: `${uri}${one.web?.path ?? ""}`,
    ...((one.web?.origins.length ?? 0) === 0 ? {} : { origins: [...(one.web?.origins ?? [])] }),
    ...(one.name === uri ? {} : { name: one.name }),
    ...(one.connectOnly === undefined ? {} : { connect_only: true }),
    ...(one.contact === undefined ? {} : { contact: one.contact }),
    ...(one.allow.length === 0 ? {} : { allow: one.allow.map(formatAddressBlock) }),
    ...(one.proxies.length === 0 ? {} : { proxy_protocol: { from: one.proxies.map(formatAddressBlock) } }),
    ...(one.advertise === undefined ? {} : { advertise: formatHostPort(one.advertise.host, one.advertise.port) }),
    ...(one.tls === undefined ? {} : { tls: one.tls }),
  };
}

function writtenState({ state: { every, maxAge, ...others } }: Config): Written["state"] {
  return { ...others, every: formatDuration(every), max_age: formatDuration(maxAge) };
}
