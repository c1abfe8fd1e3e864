// Listening sockets for the accept filter, which outlive the thread that opened them: who connects while one stream worker takes the place
// of another waits in the system, and finds the port open.
import { createServer, type Server } from "node:net";
import { Memory } from "../net/layout.ts";
import { F_DUPFD_CLOEXEC, type Libc, SocketOption } from "../net/libc.ts";
import type { ListenAddress } from "../net/listen.ts";
import { listenTcp } from "../net/tcp-listen.ts";

/** How often, and at what distance in seconds, a silent connection's other end is asked whether it is there (as libuv does). */
const PROBES = 10;
const PROBE_S = 1;

/** Sets what all connections have that a socket accepts. */
function prepare(libc: Libc, fd: number, keepalive: number): void {
  const value = new Memory(libc, 8);
  const set = ([level, name]: readonly [number, number], to: number): void => {
    value.words[0] = to;
    libc.setsockopt(fd, level, name, value.address, 4);
  };
  set(SocketOption.noDelay, 1);
  set(SocketOption.keepAlive, 1);
  set(SocketOption.keepAliveIdle, Math.max(1, Math.round(keepalive / 1000)));
  set(SocketOption.keepAliveInterval, PROBE_S);
  set(SocketOption.keepAliveCount, PROBES);
}

/**
 * The descriptor of a socket that listens there, whose connections are kept alive after `keepalive` milliseconds of silence; or what went
 * wrong in one sentence. `onServer` may set more while it is still a server of Node's.
 */
export async function listenForFilter(
  libc: Libc,
  where: ListenAddress,
  keepalive: number,
  onServer: (server: Server) => void,
): Promise<number | string> {
  const server = createServer();
  const problem = await listenTcp(server, where);
  if (problem !== "") return problem;
  onServer(server);
  const { _handle: handle } = server as unknown as { _handle: { readonly fd: number } };
  const fd = libc.fcntl(handle.fd, F_DUPFD_CLOEXEC, 0);
  // In the same turn of the event loop in which it began to listen: it has accepted nobody.
  server.close();
  if (fd < 0) return `no descriptor for ${where.host}:${where.port}: errno ${libc.errno()}`;
  prepare(libc, fd, keepalive);
  return fd;
}
