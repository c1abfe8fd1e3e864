// Callers that are destinations themselves, over TLS: when the connection that one of them made is gone and another is made to where its
// Via says that it listens (RFC 3263 5), it has to prove there what it has to as a destination, and not its address.
import { DESTINATION_WORDS, DestinationColumn } from "../bridge/snapshot.ts";
import type { StreamPolicy } from "../bridge/stream-start.ts";
import { identityOf } from "../bridge/way-back.ts";
import { ENDPOINT_WORDS } from "../net/endpoint.ts";
import { Transport } from "../net/transport.ts";
import { keyOf } from "./connection-key.ts";

/** Who they are. */
export class KnownCallers {
  readonly #identities = new Map<string | number, number>();

  /** Takes over what the configuration says now. */
  adopt({ destinations, departed }: Pick<StreamPolicy, "destinations" | "departed">): void {
    this.#identities.clear();
    // Of several at one place the first one counts, as for what comes from there; those who have left, where nobody else is.
    for (let at = 0; at < destinations.length; at += DESTINATION_WORDS) this.#put(destinations, at);
    // Of these the one who left last, as for what is sent to them (departed.ts).
    for (let at = departed.length - DESTINATION_WORDS; at >= 0; at -= DESTINATION_WORDS) this.#put(departed, at);
  }

  /** The number of who has to be at this address and port (bridge/tls-state.ts); 0: no destination is there. */
  identityAt(peer: Int32Array, port: number): number {
    return this.#identities.size === 0 ? 0 : (this.#identities.get(keyOf(0, peer, port, 0)) ?? 0);
  }

  #put(rows: Int32Array, at: number): void {
    if (rows[at + DestinationColumn.used] === 0 || rows[at + DestinationColumn.transport] !== Transport.tls) return;
    const endpoint = rows.subarray(at + DestinationColumn.endpoint, at + DestinationColumn.endpoint + ENDPOINT_WORDS);
    const identity = identityOf(endpoint[5]!);
    const key = keyOf(0, endpoint, endpoint[4]!, 0);
    if (identity !== 0 && !this.#identities.has(key)) this.#identities.set(key, identity);
  }
}
