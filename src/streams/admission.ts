// Who may connect: told before anything is read. Whom a listener does not hear is not listened to, one source does not take all
// the places there are, and whoever stands behind a proxy that we trust is known by the proxy's word.
import { inBlocks } from "../bridge/address-block.ts";
import { inRanges } from "../bridge/address-ranges.ts";
import { DESTINATION_WORDS, DestinationColumn } from "../bridge/snapshot.ts";
import type { StreamCounter, StreamLimits, StreamPolicy } from "../bridge/stream-start.ts";
import { isV4 } from "../net/endpoint.ts";

/** The door for connections that others make. */
export class Admission {
  readonly #limits: StreamLimits;
  readonly #sources = new Map<number | string, number>();
  readonly #destinations = new Set<string>();
  #policy: StreamPolicy;

  constructor(limits: StreamLimits, policy: StreamPolicy) {
    this.#limits = limits;
    this.#policy = policy;
    this.adopt(policy);
  }

  /** Takes over what the configuration says now. Open connections stay. */
  adopt(policy: StreamPolicy): void {
    this.#policy = policy;
    const { destinations } = policy;
    this.#destinations.clear();
    for (let at = 0; at < destinations.length; at += DESTINATION_WORDS)
      if (destinations[at + DestinationColumn.used] !== 0) this.#destinations.add(nameOf(destinations, at));
  }

  /** Whether this address has to begin with a header of the PROXY protocol on this listener. */
  isProxy(listener: number, peer: Int32Array): boolean {
    return inBlocks(peer, 0, this.#policy.listeners[listener]?.proxies ?? []);
  }

  /** Why a connection from this address is not taken; null: it is. */
  refusal(listener: number, peer: Int32Array): StreamCounter | null {
    const isDestination = this.#destinations.has(nameOf(peer, 0));
    const allow = this.#policy.listeners[listener]?.allow;
    if (allow !== undefined && allow.length > 0 && !isDestination && !inRanges(allow, peer, 0)) return "not_allowed";
    const isLimited = !isDestination && !inRanges(this.#policy.trusted, peer, 0);
    const here = this.#sources.get(sourceOf(peer)) ?? 0;
    return isLimited && here >= this.#limits.connectionsPerSource ? "source_full" : null;
  }

  /** A connection from this address is there. What is returned is to be called once when it is gone. */
  enter(peer: Int32Array): () => void {
    const source = sourceOf(peer);
    this.#sources.set(source, (this.#sources.get(source) ?? 0) + 1);
    return () => {
      const left = (this.#sources.get(source) ?? 0) - 1;
      if (left > 0) this.#sources.set(source, left);
      else this.#sources.delete(source);
    };
  }
}

/** An IPv4 address, or the /64 of an IPv6 one: whoever has one address of it has them all. */
function sourceOf(peer: Int32Array): number | string {
  return isV4(peer, 0) ? peer[3]! : `${peer[0]} ${peer[1]}`;
}

function nameOf(words: Int32Array, at: number): string {
  return `${words[at]} ${words[at + 1]} ${words[at + 2]} ${words[at + 3]}`;
}
