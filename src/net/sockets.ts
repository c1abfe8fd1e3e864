// The UDP sockets of the batched plane. Main opens them all, one per worker and listener, so that a replacement worker
// takes over descriptors and no packet is lost.
import { getRandomValues } from "node:crypto";
import { isV4, parseEndpoint } from "./endpoint.ts";
import { emptyEndpoint, Memory, nameBytes, readName, writeName } from "./layout.ts";
import {
  AF_INET,
  AF_INET6,
  Errno,
  type Libc,
  PathMtu,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SocketOption,
} from "./libc.ts";
import { explainBindCode, type ListenAddress } from "./listen.ts";
import { SECRETS, steer } from "./steering.ts";

const ERRNO_NAMES: ReadonlyMap<number, string> = new Map(Object.entries(Errno).map(([name, value]) => [value, name]));

/** One opened socket: the index of its listener, and its descriptor. */
export interface PlaneSocket {
  readonly listener: number;
  readonly fd: number;
  /** Only what may begin something, and CANCEL, comes here (steering.ts), and nothing is sent from here. */
  readonly isForNew: boolean;
  /** Nothing leaves in trains (trains.ts). */
  readonly isWithoutTrains?: boolean;
}

/** Everything that `openUdpSockets` opened. */
export interface OpenedSockets {
  /** By worker: one socket per UDP listener, in the listeners' order; two, the one for what is new last, where queues are apart. */
  readonly workers: readonly (readonly PlaneSocket[])[];
  /** By listener: the port it is bound to, or the one asked for where it is none of UDP. */
  readonly ports: readonly number[];
  /** Smallest receive buffer that the kernel granted, in bytes as asked (the kernel's own figure is twice that). */
  readonly receiveBuffer: number;
}

/** The sockets, or what went wrong in one sentence with the address in it. */
export type OpenResult =
  | { readonly ok: true; readonly sockets: OpenedSockets }
  | { readonly ok: false; readonly problem: string };

/**
 * Opens `count` sockets per UDP listener (SO_REUSEPORT where more than one), and where queues are to be `apart` and the system can do
 * that, as many again for what is new. On failure everything is closed again.
 */
export function openUdpSockets(
  libc: Libc,
  listeners: readonly ListenAddress[],
  count: number,
  receiveBuffer: number,
  apart = false,
): OpenResult {
  const opener = new Opener(libc, count > 1 || apart, receiveBuffer);
  const secrets = getRandomValues(new Uint32Array(SECRETS));
  const workers: PlaneSocket[][] = Array.from({ length: count }, () => []);
  const ports: number[] = [];
  for (const [listener, { host, port, transport = "udp" }] of listeners.entries()) {
    let bound = port;
    if (transport !== "udp") {
      ports.push(port);
      continue;
    }
    // The program of a group knows its sockets by the order in which they were bound.
    for (let i = 0, sockets = apart ? 2 * count : count; i < sockets; i++) {
      const problem = opener.open(host, bound, i === 0);
      if (problem !== "") {
        closeAll(libc, opener.fds);
        return { ok: false, problem };
      }
      bound = opener.port;
      const fd = opener.fds.at(-1) ?? -1;
      if (i === 0 && apart && !steer(libc, fd, count, opener.isV6, secrets)) sockets = count;
      workers[i % count]!.push({ listener, fd, isForNew: i >= count });
    }
    ports.push(bound);
  }
  return { ok: true, sockets: { workers, ports, receiveBuffer: opener.granted } };
}

/** Closes descriptors. */
export function closeAll(libc: Libc, fds: Iterable<number>): void {
  for (const fd of fds) libc.close(fd);
}

/** Closes the descriptors that a thread has left in `fds`, where 0 is none, and forgets them. */
export function closeLeft(libc: Libc, fds: Int32Array): void {
  for (let i = 0; i < fds.length; i++) {
    const fd = fds[i]!;
    if (fd === 0) continue;
    fds[i] = 0;
    libc.close(fd);
  }
}

/** Closes every socket of `openUdpSockets`. */
export function closeSockets(libc: Libc, sockets: OpenedSockets): void {
  for (const worker of sockets.workers) for (const { fd } of worker) libc.close(fd);
}

class Opener {
  readonly fds: number[] = [];
  granted = 0x7fffffff;
  /** Of the one that was opened last. */
  port = 0;
  isV6 = false;
  readonly #libc: Libc;
  readonly #shared: boolean;
  readonly #receiveBuffer: number;
  readonly #name: Memory;
  readonly #value: Memory;
  readonly #endpoint: Int32Array = emptyEndpoint();

  constructor(libc: Libc, shared: boolean, receiveBuffer: number) {
    this.#libc = libc;
    this.#shared = shared;
    this.#receiveBuffer = receiveBuffer;
    this.#name = new Memory(libc, 32);
    this.#value = new Memory(libc, 8);
  }

  /** Opens one socket, appends it to `fds`; returns a problem or "". */
  open(host: string, port: number, isFirst: boolean): string {
    const endpoint = this.#endpoint;
    if (!parseEndpoint(host, port, endpoint, 0)) return `cannot listen on ${host}: not a numeric address`;
    const isV6 = !isV4(endpoint, 0);
    this.isV6 = isV6;
    if (this.#shared && isFirst && port !== 0) {
      // SO_REUSEPORT would let us join another process's port in silence: look first without it.
      const probe = this.#bound(isV6, false);
      if (probe < 0) return this.#problem();
      this.#libc.close(probe);
    }
    const fd = this.#bound(isV6, this.#shared);
    if (fd < 0) return this.#problem();
    this.fds.push(fd);
    this.#value.words[0] = 32;
    this.#libc.getsockname(fd, this.#name.address, this.#value.address);
    readName(this.#name.words, 0, endpoint, 0);
    this.port = endpoint[4]!;
    this.#enable(fd, isV6 ? SocketOption.v6ErrorQueue : SocketOption.errorQueue);
    if (endpoint[0] === 0 && endpoint[1] === 0 && endpoint[3] === 0) {
      this.#enable(fd, isV6 ? SocketOption.v6PacketInfo : SocketOption.packetInfo);
    }
    // Without fragmentation the system need not draw an identification from a shared counter for every datagram; the rare
    // one that is too large for the path is sent again with it (sender.ts). What it gains has not been measured apart.
    if (!isV6) this.#set(fd, SocketOption.pathMtu, PathMtu.never);
    this.#enlarge(fd);
    return "";
  }

  #bound(isV6: boolean, shared: boolean): number {
    const libc = this.#libc;
    const fd = libc.socket(isV6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (isV6) this.#enable(fd, SocketOption.v6Only);
    if (shared) this.#enable(fd, SocketOption.reusePort);
    writeName(this.#name.words, 0, isV6, this.#endpoint, 0);
    if (libc.bind(fd, this.#name.address, nameBytes(isV6)) === 0) return fd;
    const error = libc.errno();
    libc.close(fd);
    this.#value.words[1] = error;
    return -1;
  }

  #set(fd: number, option: readonly [number, number], value: number): boolean {
    this.#value.words[0] = value;
    return this.#libc.setsockopt(fd, option[0], option[1], this.#value.address, 4) === 0;
  }

  #enable(fd: number, option: readonly [number, number]): void {
    this.#set(fd, option, 1);
  }

  #enlarge(fd: number): void {
    const bytes = this.#receiveBuffer;
    // The forced variants pass the system's limit; they need CAP_NET_ADMIN.
    if (!this.#set(fd, SocketOption.receiveBufferForce, bytes)) this.#set(fd, SocketOption.receiveBuffer, bytes);
    if (!this.#set(fd, SocketOption.sendBufferForce, bytes)) this.#set(fd, SocketOption.sendBuffer, bytes);
    const [level, name] = SocketOption.receiveBuffer;
    const value = this.#value;
    const length = new Memory(this.#libc, 8);
    length.words[0] = 4;
    if (this.#libc.getsockopt(fd, level, name, value.address, length.address) === 0) {
      this.granted = Math.min(this.granted, value.words[0]! >> 1);
    }
  }

  #problem(): string {
    const error = this.#value.words[1]!;
    return explainBindCode("udp", this.#endpoint, ERRNO_NAMES.get(error) ?? `error ${error}`);
  }
}
