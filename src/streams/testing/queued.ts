// A connection that waits to be accepted, behind a socket that listens for an accept filter.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Server, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { type Libc, SOCK_CLOEXEC, SOCK_NONBLOCK } from "../../net/libc.ts";
import { listenForFilter } from "../filtered.ts";

/** Command of fcntl that fails where nothing is open. */
const F_GETFD = 1;

/** Whether a descriptor is open. */
export function isOpen(libc: Libc, fd: number): boolean {
  return libc.fcntl(fd, F_GETFD, 0) >= 0;
}

/** Their socket on 127.0.0.1, and what accepts it: the descriptor is the caller's. Kept alive after `keepalive` milliseconds. */
export async function queued(
  t: TestContext,
  libc: Libc,
  keepalive = 60_000,
  onServer: (server: Server) => void = () => undefined,
): Promise<{ theirs: Socket; accepts: () => Promise<number> }> {
  let port = 0;
  const listening = await listenForFilter(libc, { host: "127.0.0.1", port: 0 }, keepalive, (server) => {
    onServer(server);
    const address = server.address();
    port = typeof address === "object" && address !== null ? address.port : 0;
  });
  assert.ok(typeof listening === "number", String(listening));
  t.after(() => libc.close(listening));
  const theirs = connect(port, "127.0.0.1")
    .on("error", () => undefined)
    .resume();
  t.after(() => theirs.destroy());
  await once(theirs, "connect");
  const accepts = async (): Promise<number> => {
    for (;;) {
      const fd = libc.accept4(listening, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd >= 0) return fd;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { theirs, accepts };
}
