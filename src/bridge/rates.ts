// How much strangers may send, compiled.
import type { AddressRanges } from "./address-ranges.ts";

/** How often something may happen. */
export interface Rate {
  /** Milliseconds from one to the next. */
  readonly interval: number;
  /** Milliseconds by which it may be ahead: the burst. */
  readonly depth: number;
}

/** A limit of new requests, and one of datagrams of whatever kind beyond which nothing is read any more. */
export interface RateLimit {
  readonly requests: Rate;
  readonly datagrams: Rate;
}

/** How much strangers may send. */
export interface Rates {
  /** For each source; null: no limit. */
  readonly perSource: RateLimit | null;
  /** For all of them together on each listener; null: no limit. */
  readonly perListener: RateLimit | null;
  /** Whether a request beyond is answered with 503; it is dropped otherwise. */
  readonly rejects: boolean;
  /** Leading bits of an address that name a source. */
  readonly v4Prefix: number;
  readonly v6Prefix: number;
  /** By listener: who is no stranger there, besides the destinations. */
  readonly exempt: readonly AddressRanges[];
}
