// The real outside world for config/: files, environment, clock, cores.
import { readFileSync } from "node:fs";
import { availableParallelism, networkInterfaces } from "node:os";
import type { ConfigIo } from "../config/io.ts";

/** Reads this process's file system and environment. */
export const configurationIo: ConfigIo = {
  readFile: (path) => readFileSync(path, "utf8"),
  environment: (name) => process.env[name],
  now: () => Date.now(),
  cores: availableParallelism(),
};

/** Whoever may bind to addresses that are not there (yet), as the second of a pair does, is not told of them. */
const MAY_BIND_ANY = ["/proc/sys/net/ipv4/ip_nonlocal_bind", "/proc/sys/net/ipv6/ip_nonlocal_bind"];

/** The addresses of this machine; none: any address may be bound to here, or they are not known. */
export function machineAddresses(): string[] {
  if (MAY_BIND_ANY.some(isSet)) return [];
  return Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address) ?? []);
}

function isSet(path: string): boolean {
  try {
    return readFileSync(path, "latin1").trim() === "1";
  } catch {
    return false;
  }
}
