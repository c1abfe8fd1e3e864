// Who may connect: told before anything is read. Whom a listener does not hear is not listened to, one source does not take all
// the places there are, and whoever stands behind a proxy that we trust is known by the proxy's word.
import { inBlocks } from "../bridge/address-block.ts";
import { inRanges } from "../bridge/address-ranges.ts";
import { DESTINATION_WORDS, DestinationColumn } from "../bridge/snapshot.ts";
import type { StreamCounter, StreamLimits, StreamPolicy } from "../bridge/stream-start.ts";
import { SourceCount } from "./source-count.ts";

/** The door for connections that others make. */
export class Admission {
  readonly #limits: StreamLimits;
  readonly #sources = new SourceCount();
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
    const isFull = this.#sources.of(peer) >= this.#limits.connectionsPerSource;
    return isFull && !this.isTrusted(peer) ? "source_full" : null;
  }

  /** Whether this address is a destination's or a trusted source's. */
  isTrusted(peer: Int32Array): boolean {
    return this.#destinations.has(nameOf(peer, 0)) || inRanges(this.#policy.trusted, peer, 0);
  }

  /** A connection from this address is there. What is returned is to be called once when it is gone. */
  enter(peer: Int32Array): () => void {
    return this.#sources.enter(peer);
  }

  /** One from this address counts although nobody has let it in yet, until `release`. */
  hold(peer: Int32Array): void {
    this.#sources.add(peer);
  }

  /** One that was held is gone, or is let in. */
  release(peer: Int32Array): void {
    this.#sources.remove(peer);
  }
}

function nameOf(words: Int32Array, at: number): string {
  return `${words[at]} ${words[at + 1]} ${words[at + 2]} ${words[at + 3]}`;
}
