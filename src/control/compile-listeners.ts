// Listeners as workers see them, and how the rest of the configuration speaks of them.
import type { ListenerEntry } from "../bridge/snapshot.ts";
import type { Config } from "../config/schema.ts";
import { type ListenerConfig, listenerUri } from "../config/sections/listeners.ts";
import { DEFAULT_PROFILE } from "../config/sections/tls.ts";
import { formatHostPort, isWildcard } from "../config/values/address.ts";
import { compileBlock } from "./compile-block.ts";
import { compileRanges } from "./compile-ranges.ts";

/** `ports` are the bound ones, by listener; they differ from the configured ones where those are 0. */
export function compileListeners({ listeners, tls }: Config, ports: readonly number[]): ListenerEntry[] {
  const reusing = new Set(tls.flatMap(({ name, connectionReuse }) => (connectionReuse ? [name] : [])));
  return listeners.map((listener, index) => {
    const { host, advertise, transport } = listener;
    const port = ports[index] ?? listener.port;
    const sentBy =
      advertise === undefined ? formatHostPort(host, port) : formatHostPort(advertise.host, advertise.port ?? port);
    return {
      transport,
      host,
      port,
      sentBy,
      isV6: host.includes(":"),
      isWildcard: isWildcard(host),
      allow: compileRanges(listener.allow.map(compileBlock)),
      repairsContact: listener.contact === "repair",
      reuses: transport === "tls" && reusing.has(listener.tls ?? DEFAULT_PROFILE),
      connectOnly: listener.connectOnly === true,
      proxies: listener.proxies.map(compileBlock),
    };
  });
}

/** Index of the listener of this name or URI; -1 when there is none. */
export function findListener(listeners: readonly ListenerConfig[], reference: string): number {
  const byName = listeners.findIndex(({ name }) => name === reference);
  return byName >= 0 ? byName : listeners.findIndex((listener) => listenerUri(listener) === reference);
}
