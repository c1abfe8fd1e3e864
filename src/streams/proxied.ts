// Destinations that want to know for whom a connection is (PROXY protocol). What a header says is true of all that comes over its
// connection, so each caller has one of its own there.
import { DESTINATION_WORDS, DestinationColumn } from "../bridge/snapshot.ts";
import type { StreamPolicy } from "../bridge/stream-start.ts";
import { ENDPOINT_WORDS } from "../net/endpoint.ts";
import { Transport } from "../net/transport.ts";
import { keyOf } from "./connection-key.ts";
import { LOCAL_HEADER, writeProxyHeader } from "./proxy-header.ts";

/** For whom something is sent that is nobody's in particular: port 0. */
export const NOBODY: Int32Array = new Int32Array(ENDPOINT_WORDS);

/** Who they are. */
export class Proxied {
  readonly #places = new Set<string>();

  /** Takes over what the configuration says now. Open connections stay. */
  adopt({ destinations, departed }: Pick<StreamPolicy, "destinations" | "departed">): void {
    this.#places.clear();
    this.#put(departed, 1);
    // Who is there now says how: only where nobody is, those who have left go on with their calls as they were.
    if (this.#places.size > 0) this.#put(destinations, 0);
    this.#put(destinations, 1);
  }

  /** Takes the places of the rows that say `proxied` in or, where that is 0, out. */
  #put(rows: Int32Array, proxied: 0 | 1): void {
    for (let at = 0; at < rows.length; at += DESTINATION_WORDS) {
      if (rows[at + DestinationColumn.used] === 0 || rows[at + DestinationColumn.proxied] !== proxied) continue;
      // Nobody connects to those: they may be the same server, reached otherwise now.
      if (rows[at + DestinationColumn.transport] === Transport.udp) continue;
      const name = nameOf(rows, at, rows[at + 4]!);
      if (proxied === 1) this.#places.add(name);
      else this.#places.delete(name);
    }
  }

  /** Whether there is one at this address and port. */
  isAt(peer: Int32Array, port: number): boolean {
    return this.#places.size > 0 && this.#places.has(nameOf(peer, 0, port));
  }

  /** The key of a connection from `listener` to that address and port for this caller, `who` being there (connection-key.ts). */
  keyTo(listener: number, peer: Int32Array, port: number, who: number, caller: Int32Array): string | number {
    const key = keyOf(listener, peer, port, who);
    return this.isAt(peer, port) ? `${key} for ${nameOf(caller, 0, caller[4]!)}` : key;
  }

  /** What a connection there has to begin with; null: nothing. */
  headerFor(peer: Int32Array, caller: Int32Array): Buffer | null {
    if (!this.isAt(peer, peer[4]!)) return null;
    return caller[4] === 0 ? LOCAL_HEADER : writeProxyHeader(caller, peer);
  }
}

function nameOf(words: Int32Array, at: number, port: number): string {
  return `${words[at]} ${words[at + 1]} ${words[at + 2]} ${words[at + 3]} ${port}`;
}
