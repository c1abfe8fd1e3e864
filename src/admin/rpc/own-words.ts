// A destination's attributes and socket, spelled as Kamailio and OpenSIPS spell them.
import { SCRIPT_ATTRS } from "../../config/sections/destination.ts";
import type { AdminBackend, ListenerView } from "../backend.ts";

/** What a row of OpenSIPS's tables calls its attributes and its description (config/tables/opensips-table.ts). */
const ROW_ATTRS = "attrs";
const DESCRIPTION = "description";

/** What OpenSIPS shows of a destination: its attributes as one text, and its description; empty: it has none. */
export function rowWords(all: Readonly<Record<string, string>>): { text: string; description: string } {
  const { [SCRIPT_ATTRS]: _, [DESCRIPTION]: description = "", ...attrs } = all;
  return { text: attributeText(attrs), description };
}

/** Attributes as `NAME=VALUE;NAME=VALUE`. The text of a row of OpenSIPS's is there as it is. */
export function attributeText(attrs: Readonly<Record<string, string>>): string {
  return Object.entries(attrs)
    .map(([name, value]) => (name === ROW_ATTRS ? value : `${name}=${value}`))
    .join(";");
}

/** A destination's listener as `udp:10.0.0.1:5060`; a name that is nobody's as it is. */
export function socketOf(backend: AdminBackend, listener: string): string {
  const found = backend.listeners().find(({ name, uri }) => name === listener || uri === listener);
  return socketText(found?.uri ?? listener);
}

/** The listener that a `socket` or `sockname` means, also `10.0.0.1` and `10.0.0.1:5060` for UDP; undefined: there is none such. */
export function listenerOfSocket(backend: AdminBackend, socket: string): ListenerView | undefined {
  const [, transport = "udp", place = ""] = /^(?:([a-z]+):(?:\/\/)?)?(.+)$/i.exec(socket) ?? [];
  const full = /^\[[^\]]*\]$|^[^:]*$/.test(place) ? `${place}:5060` : place;
  const wanted = `${transport}:${full}`.toLowerCase();
  return backend.listeners().find(({ name, uri }) => name === socket || socketText(uri) === wanted);
}

function socketText(uri: string): string {
  return uri.replace("://", ":");
}
