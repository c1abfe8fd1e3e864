// Which of this machine's addresses a probe from a wildcard listener names in its Via. Answers find their way by the source
// address anyway (rport, RFC 3581); this one is for servers that do not know rport, and for readers of traces.

import { BlockList } from "node:net";
import { networkInterfaces } from "node:os";

/** One address of this machine. */
export interface OwnAddress {
  readonly address: string;
  readonly family: "IPv4" | "IPv6";
  readonly internal: boolean;
  /** `10.0.0.5/24`, or null where the system does not say. */
  readonly cidr: string | null;
}

/** The addresses of this machine. */
export function ownAddresses(): OwnAddress[] {
  return Object.values(networkInterfaces()).flatMap((list) => list ?? []);
}

/** The address in the destination's network, else the first that is not loopback, else the wildcard itself. */
export function sourceAddressFor(destination: string, own: readonly OwnAddress[]): string {
  const family = destination.includes(":") ? "IPv6" : "IPv4";
  const candidates = own.filter((entry) => entry.family === family);
  const near = candidates.find(({ cidr }) => cidr !== null && holds(cidr, destination, family));
  const chosen = near ?? candidates.find(({ internal }) => !internal) ?? candidates[0];
  return chosen?.address ?? (family === "IPv6" ? "::" : "0.0.0.0");
}

function holds(cidr: string, address: string, family: "IPv4" | "IPv6"): boolean {
  const [network = "", prefix = ""] = cidr.split("/");
  const type = family === "IPv6" ? "ipv6" : "ipv4";
  const block = new BlockList();
  block.addSubnet(network, Number(prefix), type);
  return block.check(address, type);
}
