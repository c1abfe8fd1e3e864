// The few C functions behind the batched plane and the accept filter of streams, bound by koffi. Pointers are plain numbers:
// user-space addresses of 64-bit Linux have 47 bits. Whoever passes one keeps the ArrayBuffer behind it alive.
import { createRequire } from "node:module";
import { endianness } from "node:os";

// Constants of 64-bit Linux (asm-generic; the same on x64, arm64, riscv64 and loong64).

/** IPv4. */
export const AF_INET = 2;
/** IPv6. */
export const AF_INET6 = 10;
/** Datagrams. */
export const SOCK_DGRAM = 2;
/** No call waits. */
export const SOCK_NONBLOCK = 0o4000;
/** No child inherits it. */
export const SOCK_CLOEXEC = 0o2000000;
/** What is received stays there to be received again. */
export const MSG_PEEK = 2;
/** This call does not wait. */
export const MSG_DONTWAIT = 0x40;
/** What was received is longer than the memory for it. */
export const MSG_TRUNC = 0x20;
/** From the queue of errors. */
export const MSG_ERRQUEUE = 0x2000;
/** No SIGPIPE. */
export const MSG_NOSIGNAL = 0x4000;
/** No child inherits it. */
export const EPOLL_CLOEXEC = 0o2000000;
/** Watch one more descriptor. */
export const EPOLL_CTL_ADD = 1;
/** Watch it no longer. */
export const EPOLL_CTL_DEL = 2;
/** There is something to receive. */
export const EPOLLIN = 1;
/** There is an error to be fetched. */
export const EPOLLERR = 8;
/** The connection is broken. */
export const EPOLLHUP = 0x10;
/** The other end of the connection sends nothing more. */
export const EPOLLRDHUP = 0x2000;
/** Tell once for whatever has come, not again until it is received. */
export const EPOLLET = 1 << 31;
/** Command of fcntl: one more descriptor for the same thing, which no child inherits. */
export const F_DUPFD_CLOEXEC = 1030;
/** There is room to send. */
export const POLLOUT = 4;
/** No call waits. */
export const EFD_NONBLOCK = 0o4000;
/** No child inherits it. */
export const EFD_CLOEXEC = 0o2000000;
/** The clock that timers go by. */
export const CLOCK_MONOTONIC = 1;
/** Option of prctl: how late a thread may be woken, in nanoseconds. */
export const PR_SET_TIMERSLACK = 29;

/** Values of `SocketOption.pathMtu` (IP_MTU_DISCOVER): fragment what does not fit, or refuse it with EMSGSIZE. */
export const PathMtu = { fragment: 1, never: 2 } as const;

/** Socket options as [level, name]. */
export const SocketOption = {
  pathMtu: [0, 10],
  sendBuffer: [1, 7],
  receiveBuffer: [1, 8],
  keepAlive: [1, 9],
  linger: [1, 13],
  reusePort: [1, 15],
  steering: [1, 51],
  memoryInfo: [1, 55],
  noDelay: [6, 1],
  keepAliveIdle: [6, 4],
  keepAliveInterval: [6, 5],
  keepAliveCount: [6, 6],
  userTimeout: [6, 18],
  sendBufferForce: [1, 32],
  receiveBufferForce: [1, 33],
  packetInfo: [0, 8],
  errorQueue: [0, 11],
  v6Only: [41, 26],
  v6ErrorQueue: [41, 25],
  v6PacketInfo: [41, 49],
  /** UDP_SEGMENT, from Linux 4.18 on. */
  segment: [17, 103],
} as const;

/** The errno values that are told apart. */
export const Errno = {
  EPERM: 1,
  EINTR: 4,
  EIO: 5,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  EMSGSIZE: 90,
  EAFNOSUPPORT: 97,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENETUNREACH: 101,
  ENOBUFS: 105,
  ECONNREFUSED: 111,
  EHOSTUNREACH: 113,
} as const;

/** The bound functions; each returns what C returns, -1 with `errno()` set on failure. Arguments named `*At` are addresses. */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, addressAt: number, length: number): number;
  getsockname(fd: number, addressAt: number, lengthAt: number): number;
  setsockopt(fd: number, level: number, name: number, valueAt: number, length: number): number;
  getsockopt(fd: number, level: number, name: number, valueAt: number, lengthAt: number): number;
  recvmmsg(fd: number, headersAt: number, count: number, flags: number, timeoutAt: number): number;
  sendmmsg(fd: number, headersAt: number, count: number, flags: number): number;
  recvmsg(fd: number, headerAt: number, flags: number): number;
  recv(fd: number, at: number, length: number, flags: number): number;
  accept4(fd: number, addressAt: number, lengthAt: number, flags: number): number;
  epoll_create1(flags: number): number;
  epoll_ctl(epoll: number, operation: number, fd: number, eventAt: number): number;
  epoll_wait(epoll: number, eventsAt: number, most: number, milliseconds: number): number;
  /** The same in a thread of libuv's pool, for threads that must not wait; `eventsAt` has to stay there until `done` has got the result. */
  epollWaitLater(
    epoll: number,
    eventsAt: number,
    most: number,
    milliseconds: number,
    done: (count: number) => void,
  ): void;
  poll(fdsAt: number, count: number, milliseconds: number): number;
  eventfd(initial: number, flags: number): number;
  read(fd: number, at: number, length: number): number;
  write(fd: number, at: number, length: number): number;
  close(fd: number): number;
  clock_getres(clock: number, resolutionAt: number): number;
  usleep(microseconds: number): number;
  /** Variadic in C; of arguments that are integers C passes as many in the same places, on the machines whose layouts we know. */
  prctl(option: number, value: number): number;
  /** As prctl. */
  fcntl(fd: number, command: number, value: number): number;
  madvise(at: number, length: number, advice: number): number;
  getpriority(which: number, who: number): number;
  setpriority(which: number, who: number, priority: number): number;
  /** The error of the last call in this thread. */
  errno(): number;
  /** Where an ArrayBuffer's bytes lie. They do not move as long as it is neither detached nor resized. */
  addressOf(buffer: ArrayBuffer): number;
}

/** The functions, or why there are none on this machine. */
export type LibcResult = { readonly ok: true; readonly libc: Libc } | { readonly ok: false; readonly reason: string };

const SIGNATURES: Readonly<Record<Exclude<keyof Libc, "errno" | "addressOf" | "epollWaitLater">, readonly string[]>> = {
  socket: ["int", "int", "int"],
  bind: ["int", "uintptr_t", "uint32_t"],
  getsockname: ["int", "uintptr_t", "uintptr_t"],
  setsockopt: ["int", "int", "int", "uintptr_t", "uint32_t"],
  getsockopt: ["int", "int", "int", "uintptr_t", "uintptr_t"],
  recvmmsg: ["int", "uintptr_t", "uint32_t", "int", "uintptr_t"],
  sendmmsg: ["int", "uintptr_t", "uint32_t", "int"],
  recvmsg: ["int", "uintptr_t", "int"],
  recv: ["int", "uintptr_t", "uintptr_t", "int"],
  accept4: ["int", "uintptr_t", "uintptr_t", "int"],
  epoll_create1: ["int"],
  epoll_ctl: ["int", "int", "int", "uintptr_t"],
  epoll_wait: ["int", "uintptr_t", "int", "int"],
  poll: ["uintptr_t", "uintptr_t", "int"],
  eventfd: ["uint32_t", "int"],
  read: ["int", "uintptr_t", "uintptr_t"],
  write: ["int", "uintptr_t", "uintptr_t"],
  close: ["int"],
  clock_getres: ["int", "uintptr_t"],
  usleep: ["uint32_t"],
  prctl: ["int", "uintptr_t"],
  fcntl: ["int", "int", "uintptr_t"],
  madvise: ["uintptr_t", "uintptr_t", "int"],
  getpriority: ["int", "uint32_t"],
  setpriority: ["int", "uint32_t", "int"],
};

/** Binds the C functions. Never throws: a machine without them gets a reason. */
export function loadLibc(): LibcResult {
  if (process.platform !== "linux") return { ok: false, reason: `recvmmsg needs Linux, this is ${process.platform}` };
  if (endianness() !== "LE") return { ok: false, reason: "struct layouts are known for little-endian machines only" };
  if (["arm", "ia32", "mips", "mipsel"].includes(process.arch)) {
    return { ok: false, reason: `struct layouts are known for 64-bit machines only, this is ${process.arch}` };
  }
  try {
    const koffi = createRequire(import.meta.url)("koffi") as typeof import("koffi");
    const library = koffi.load(null);
    const bound: Record<string, unknown> = {
      errno: () => koffi.errno(),
      addressOf: (buffer: ArrayBuffer) => Number(koffi.address(buffer)),
    };
    for (const [name, parameters] of Object.entries(SIGNATURES)) {
      // Results that are ssize_t in C fit an int: no call here moves more than 2 GiB.
      bound[name] = library.func(name, "int", [...parameters]);
    }
    const { async: waitLater } = bound.epoll_wait as { async: (...rest: readonly unknown[]) => void };
    bound.epollWaitLater = (epoll: number, at: number, most: number, ms: number, done: (count: number) => void) =>
      waitLater(epoll, at, most, ms, (_: unknown, count: number | undefined) => done(count ?? 0));
    return { ok: true, libc: bound as unknown as Libc };
  } catch (error) {
    return {
      ok: false,
      reason: `koffi could not be loaded: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}
