// Ports for processes that we start. UDP listeners with SO_REUSEPORT may share a port without noticing, so a port is
// reserved by a TCP listener on an address of its own, which nobody shares.
import { createServer, type Server } from "node:net";

const FIRST = 24_000;
const COUNT = 1000;
const LOCK_ADDRESS = "127.250.250.250";

/** A port that no other test uses until `release`. */
export interface ReservedPort {
  readonly port: number;
  release(): void;
}

/** Reserves a free port of the tests' range, or of the thousand ports from `first` on in steps of `step`. */
export async function reservePort(first: number = FIRST, step = 1): Promise<ReservedPort> {
  for (let tries = 0; tries < COUNT; tries++) {
    const port = first + Math.floor((Math.random() * COUNT) / step) * step;
    const lock = await tryLock(port);
    if (lock !== null) return { port, release: () => lock.close() };
  }
  throw new Error("no free port in the tests' range");
}

function tryLock(port: number): Promise<Server | null> {
  const server = createServer();
  server.unref();
  return new Promise((resolve) => {
    server.once("error", () => resolve(null));
    server.listen({ host: LOCK_ADDRESS, port, exclusive: true }, () => resolve(server));
  });
}
