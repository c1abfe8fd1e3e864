// What is worth knowing about a configuration that is fine: `fairlead check` says it, a start or a reload does not.
import { BlockList } from "node:net";
import type { Config } from "./schema.ts";
import { isLoopback, isNumericHost, isWildcard } from "./values/address.ts";

/** One thing to know. */
export interface Information {
  readonly file: string;
  readonly what: string;
  /** What could be done about it. */
  readonly hint: string;
}

/** Everything worth knowing about the configuration in `file`; `addresses` are this machine's, none: they say nothing. */
export function informationOn(config: Config, file: string, addresses: readonly string[]): Information[] {
  const found = addresses.length === 0 ? [] : foreignListeners(config, file, addresses);
  if (config.keys.length > 0) return found;
  const what =
    "no keys: they are random at each start, so calls that live through a restart, or come to another balancer, lose their way";
  return [...found, { file, what, hint: `keys: ["\${FAIRLEAD_KEY}"], the same on every balancer and at every start` }];
}

/** Listeners at addresses that this machine does not have: it may not be the one that the file is for. */
function foreignListeners({ listeners }: Config, file: string, addresses: readonly string[]): Information[] {
  const own = new BlockList();
  for (const address of addresses) own.addAddress(address, familyOf(address));
  return listeners
    .filter(({ host }) => isNumericHost(host) && !isWildcard(host) && !isLoopback(host))
    .filter(({ host }) => !own.check(withoutScope(host), familyOf(host)))
    .map(({ name, host }) => ({
      file,
      what: `${name}: this machine does not have the address ${host}, so it could not start here`,
      hint: "one that `ip addr` shows, or 0.0.0.0 with advertise",
    }));
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return address.includes(":") ? "ipv6" : "ipv4";
}

function withoutScope(address: string): string {
  return address.replace(/%.*$/, "");
}
