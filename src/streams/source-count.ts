// How much of something each source has. An IPv6 source is its /64: whoever has one address of it has them all.
import { isV4 } from "../net/endpoint.ts";

/** Counts by source. */
export class SourceCount {
  readonly #sources = new Map<number | string, number>();

  /** How much the source of this address has. */
  of(peer: Int32Array): number {
    return this.#sources.get(sourceOf(peer)) ?? 0;
  }

  /** It has one more. What is returned is to be called once when that is gone. */
  enter(peer: Int32Array): () => void {
    const source = sourceOf(peer);
    this.#change(source, 1);
    return () => this.#change(source, -1);
  }

  /** It has one more, until `remove` is called with the same address. */
  add(peer: Int32Array): void {
    this.#change(sourceOf(peer), 1);
  }

  /** It has one less. */
  remove(peer: Int32Array): void {
    this.#change(sourceOf(peer), -1);
  }

  #change(source: number | string, by: 1 | -1): void {
    const now = (this.#sources.get(source) ?? 0) + by;
    if (now > 0) this.#sources.set(source, now);
    else this.#sources.delete(source);
  }
}

/** What stands for the source of an address. */
export function sourceOf(peer: Int32Array): number | string {
  return isV4(peer, 0) ? peer[3]! : `${peer[0]} ${peer[1]}`;
}
