// What the stream worker is started with, the words that it shares with the others, and its counters.

import type { TransportName } from "../net/transport.ts";
import type { AddressBlock } from "./address-block.ts";
import type { AddressRanges } from "./address-ranges.ts";
import type { RingMemory } from "./handoff.ts";
import type { Snapshot } from "./snapshot.ts";
import type { TlsState } from "./tls-state.ts";
import { MAX_CONNECTIONS } from "./way-back.ts";

/** Words shared by the stream worker, the workers and main. Counters have one writer, the stream worker. */
export const StreamWord = {
  /** 1 while the stream worker sleeps; whoever wakes it sets 0 and notifies here. */
  sleeping: 0,
  /** Any change means progress. */
  heartbeat: 1,
  /** Connections that are open now, made by others and by us. */
  connections: 2,
  /** The number by which the present stream worker says that its predecessor's connections are lost (handoff.ts, `lost`). */
  number: 3,
  /** How late its event loop is, without a break, in milliseconds. */
  delay: 4,
  /** Connections for TLS whose handshake has not ended, or not begun: they are not among `connections` yet. */
  unsecured: 5,
  /** The number under which the system knows its thread; 0: none. */
  thread: 6,
  /** Connections for SIP over TCP that the accept filter holds until headers have come as a whole: they are not among `connections` yet. */
  unheard: 7,
} as const;
/** Counters of the stream worker, behind the words. */
export const STREAM_COUNTERS = [
  /** Connections that others made: from when something whole has come over them, headers or a handshake (`portable`: over TCP at once). */
  "accepted",
  /** Connections that we made. */
  "opened",
  /** Not taken, because there were as many as `streams.connections` allows. */
  "refused",
  /** Strangers' that were not taken, because what was left of that is kept for destinations and trusted sources. */
  "reserved",
  /** Not taken, because its source had as many as `streams.connections_per_source` allows. */
  "source_full",
  /** Not taken, because its listener does not hear its source. */
  "not_allowed",
  /** A trusted proxy did not begin with a header of the PROXY protocol. */
  "proxy_header",
  /** Connections that others made over which we may send to them (RFC 5923). */
  "aliases",
  /** Attempts to connect that failed. */
  "connect_failed",
  /** Attempts to connect for which something waited longer than `streams.attempt_delay`. */
  "slow_connects",
  /** Requests that left for another address of their destination's name, because the connection there was made first. */
  "outrun",
  /** Attempts to connect that ended because the other end did not prove who it is. */
  "unverified",
  /** Handshakes (TLS, WebSocket) that were not begun: too many at a time, too many of one source, those left are kept as above. */
  "handshake_refused",
  "handshake_source_full",
  "handshake_reserved",
  /** Connections that did not become ones of TLS: one too slow, one that closed without a byte, one that failed for another reason. */
  "handshake_timeout",
  "handshake_not_begun",
  "handshake_failed",
  /** Closed because a client did not prove who it is and had to. */
  "unverified_client",
  /** Closed because nothing passed. */
  "idle",
  /** Closed because a WebSocket's peer gave no sign of life. */
  "silent",
  /** Closed because they were as old as `streams.lifetime` allows. */
  "lifetime",
  /** Closed because their peer did not take what waited for it. */
  "stalled",
  /** Closed because a message did not end in time. */
  "unfinished",
  /** Closed because what came over them cannot be framed. */
  "unframed",
  /** Messages that could not be handed to the network: no connection, or one that takes nothing more. */
  "unsent",
  /** Messages that were answered with 400 while their connection went on: more than one in a WebSocket message. */
  "refused_messages",
  /** WebSocket handshakes that came to nothing. */
  "upgrade_failed",
] as const;
/** One of `STREAM_COUNTERS`. */
export type StreamCounter = (typeof STREAM_COUNTERS)[number];
const FIRST_COUNTER = 16;
/**
 * Behind counters stands a word per place of a connection: the serial number of the one that is open there, 0 for none. No
 * two connections of a process have the same, whichever place they took: a name (way-back.ts) is used again, a serial is not.
 */
const FIRST_SERIAL = 64;
/** How many words the stream worker shares: state, counters, serial numbers. */
export const STREAM_WORDS: number = FIRST_SERIAL + MAX_CONNECTIONS;

/** What an accept filter waits by: that many come first among what it has. */
export const WAITING = 2;

/** How many words `StreamStart.descriptors` has, for so many connections that may be held and so many listeners. */
export function descriptorWords(connections: number, listeners: number): number {
  return WAITING + connections + listeners;
}

/** The parts of `StreamStart.descriptors`: what an accept filter has, and by place in `listeners` the sockets that listen. 0: none. */
export function descriptorsOf({ descriptors, listeners }: Pick<StreamStart, "descriptors" | "listeners">): {
  readonly held: Int32Array;
  readonly listening: Int32Array;
} {
  const all = new Int32Array(descriptors);
  const end = all.length - listeners.length;
  return { held: all.subarray(0, end), listening: all.subarray(end) };
}

/** Index of a counter among the words. */
export function streamCounter(name: StreamCounter): number {
  return FIRST_COUNTER + STREAM_COUNTERS.indexOf(name);
}

/** Index among the words of the serial number of the connection at a place. */
export function serialAt(place: number): number {
  return FIRST_SERIAL + place;
}

/** Wakes the stream worker if it sleeps. */
export function wakeStreams(words: Int32Array): void {
  if (Atomics.load(words, StreamWord.sleeping) === 0) return;
  if (Atomics.exchange(words, StreamWord.sleeping, 0) === 1) Atomics.notify(words, StreamWord.sleeping);
}

/** A listener of the stream worker. */
export interface StreamListener {
  /** Its index among all listeners. */
  readonly index: number;
  readonly transport: TransportName;
  /** Numeric, without brackets. */
  readonly host: string;
  readonly port: number;
  /** Nobody is let in: connections are made from there, and no port is opened. */
  readonly connectOnly?: boolean | undefined;
  /** WebSocket: the path that is served and asked for ("": every one), and origins that are let in, lower case (none: all). */
  readonly web?: { readonly path: string; readonly origins: readonly string[] } | undefined;
}

/** Limits of connections; times in milliseconds, sizes in bytes. */
export interface StreamLimits {
  readonly connections: number;
  /** Connections that one source (IPv6: one /64) may have made; destinations and trusted sources may have any number. */
  readonly connectionsPerSource: number;
  /** How long an attempt to connect may take. */
  readonly connectTimeout: number;
  /** After so long another address of the same name is connected to as well. */
  readonly attemptDelay: number;
  /** A connection over which nothing passes for so long is closed. */
  readonly idle: number;
  /** How long a message may take from its first byte to its last. */
  readonly messageTimeout: number;
  /** A WebSocket is pinged when nothing has come for so long; after twice the time it is closed. */
  readonly ping: number;
  /** Bytes that may wait to be sent over one connection. */
  readonly writeBuffer: number;
  /** A peer that has not taken what waits for it after so long loses its connection. */
  readonly writeTimeout: number;
  /** So old does a connection get; it is then closed between two messages. 0: any age. */
  readonly lifetime: number;
  /** After so long without a byte TCP asks whether the other side is still there. */
  readonly keepalive: number;
  /** Bytes of a message's start line and headers. */
  readonly headerBytes: number;
  /** Those who connect: how long a handshake of TLS or WebSocket may take, and how many may be under way at a time. */
  readonly handshakeTimeout: number;
  readonly handshakes: number;
  /** Handshakes of one source at a time; destinations and trusted sources may have any number. */
  readonly handshakesPerSource: number;
  /** Percent of `connections` and of `handshakes` that are kept for destinations and trusted sources. */
  readonly reserve: number;
}

/** What the configuration in force says about who may connect. */
export interface StreamPolicy {
  /** By index among all listeners. */
  readonly listeners: readonly { readonly allow: AddressRanges; readonly proxies: readonly AddressBlock[] }[];
  readonly trusted: AddressRanges;
  /** As in the snapshot. */
  readonly destinations: Int32Array;
  /** Rows of those who have left (`DepartedTable`). */
  readonly departed: Int32Array;
}

/** What the stream worker needs of a snapshot. */
export function policyOf({ listeners, trusted, destinations, departed }: Snapshot): StreamPolicy {
  const doors = listeners.map(({ allow, proxies }) => ({ allow, proxies }));
  return { listeners: doors, trusted, destinations, departed: departed.rows };
}

/** `workerData` of the stream worker. */
export interface StreamStart {
  readonly workers: number;
  readonly io: "batched" | "portable";
  readonly listeners: readonly StreamListener[];
  readonly limits: StreamLimits;
  readonly policy: StreamPolicy;
  /** Batched: the eventfd of each worker, by index. */
  readonly bells: readonly number[];
  /** Control blocks of all workers. */
  readonly control: SharedArrayBuffer;
  /** STREAM_WORDS words. */
  readonly words: SharedArrayBuffer;
  /** `descriptorWords` words: descriptors that a stream worker leaves behind, to main and to the one after it. */
  readonly descriptors: SharedArrayBuffer;
  /** By worker: the ring to it and the ring from it. */
  readonly toWorkers: readonly RingMemory[];
  readonly fromWorkers: readonly RingMemory[];
  /** Seed of the process's hashes. */
  readonly seed: readonly [number, number];
  /** Whether an earlier stream worker died: every connection that workers know of is gone. */
  readonly isRestart: boolean;
  readonly tls: TlsState;
}

/** Main to stream worker. */
export type ToStreams =
  /** The workers are gone, what they sent last is to leave. */
  | { readonly kind: "stop" }
  /** Tests only: to be slow for some seconds. */
  | { readonly kind: "slow" }
  | { readonly kind: "policy"; readonly policy: StreamPolicy }
  /** To be in force for all handshakes to come; answered with `secured`. */
  | { readonly kind: "tls"; readonly tls: TlsState; readonly number: number };

/** Stream worker to main. */
export type FromStreams =
  | { readonly kind: "listening" }
  | { readonly kind: "failed"; readonly what: string }
  /** The TLS state of this number is in force; or why not, and the one before still is. */
  | { readonly kind: "secured"; readonly number: number; readonly problem: string }
  /** A line for the log. */
  | { readonly kind: "note"; readonly what: string; readonly fields: Readonly<Record<string, string | number>> }
  /** Portable plane only: a worker sleeps and has something in its ring. */
  | { readonly kind: "wake"; readonly worker: number };
