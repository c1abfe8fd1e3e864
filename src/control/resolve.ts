// Host names of destinations become addresses before a configuration is compiled: at load and reload, never while a packet
// waits. What does not resolve keeps the addresses it had; a name without any is loaded all the same, out of use, and says why.
import type { Config } from "../config/schema.ts";
import { isNumericHost } from "../config/values/address.ts";

/** All addresses of a name, best first; rejects or returns none when there are none. */
export type Lookup = (host: string) => Promise<readonly string[]>;

/** Addresses by name; names that did not resolve have none. */
export type Addresses = ReadonlyMap<string, readonly string[]>;

/** Names looked up at the same time. */
const AT_ONCE = 16;

/** Looks up every name once; `patience` is milliseconds for each. */
export async function resolveHosts(config: Config, lookup: Lookup, patience = 5_000): Promise<Addresses> {
  const names = new Set<string>();
  for (const set of config.sets) for (const { host } of set.destinations) if (!isNumericHost(host)) names.add(host);
  const waiting = [...names];
  const found = new Map<string, readonly string[]>();
  const work = async () => {
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      found.set(name, await withPatience(lookup(name), patience));
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, waiting.length) }, work));
  return found;
}

/** Fills in what is known from before for names that do not resolve now; `kept` are these names. */
export function keepKnown(found: Addresses, known: Addresses): { addresses: Addresses; kept: readonly string[] } {
  const kept = [...found.keys()].filter((name) => found.get(name)?.length === 0 && (known.get(name)?.length ?? 0) > 0);
  return { addresses: new Map([...found, ...kept.map((name) => [name, known.get(name) ?? []] as const)]), kept };
}

async function withPatience(answer: Promise<readonly string[]>, patience: number): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly string[]>((resolve) => {
    timer = setTimeout(() => resolve([]), patience);
  });
  const addresses = await Promise.race([answer.catch(() => []), late]);
  clearTimeout(timer);
  return addresses;
}
