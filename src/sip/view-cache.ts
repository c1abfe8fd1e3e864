// DataViews over the few buffers whose messages one reader sees (an inbox, a store, a ring of each other worker): made once per
// buffer.

import { placeOf } from "./packet-memory.ts";

/** More than the buffers of 16 workers, the most that there are. */
const PLACES = 32;

/** Remembers the views of the buffers used last. */
export class ViewCache {
  #bytes: (Uint8Array | null)[] = new Array<Uint8Array | null>(PLACES).fill(null);
  #views: DataView[] = new Array<DataView>(PLACES).fill(new DataView(new ArrayBuffer(0)));
  #places: Int32Array = new Int32Array(PLACES);
  #next = 0;
  /** Where the bytes of the last view lie in the packets' memory; -1: elsewhere. */
  place = -1;
  #latest: Uint8Array | null = null;
  #latestView: DataView = this.#views[0]!;

  /** The view over exactly these bytes. */
  of(bytes: Uint8Array): DataView {
    if (this.#latest === bytes) return this.#latestView;
    this.#latest = bytes;
    this.#latestView = this.#find(bytes);
    return this.#latestView;
  }

  #find(bytes: Uint8Array): DataView {
    for (let i = 0; i < PLACES; i++) {
      if (this.#bytes[i] !== bytes) continue;
      this.place = this.#places[i]!;
      return this.#views[i]!;
    }
    const place = this.#next;
    this.#next = (place + 1) % PLACES;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#bytes[place] = bytes;
    this.#views[place] = view;
    this.place = placeOf(bytes);
    this.#places[place] = this.place;
    return view;
  }
}
