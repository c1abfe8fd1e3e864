// What C sees of trains: a header for each, with the iovecs of its datagrams side by side.
import type { Outbox } from "./batch.ts";
import { writeSegmentBytes } from "./control.ts";
import {
  CONTROL_BYTES,
  IOVEC_BYTES,
  Memory,
  MMSGHDR_BYTES,
  NAME_BYTES,
  rewireHeader,
  wireControl,
  wireIovec,
} from "./layout.ts";
import type { Libc } from "./libc.ts";
import type { Trains } from "./trains.ts";

/** Headers of trains, over the names and control messages that the sender has written for each datagram. */
export class TrainWires {
  readonly #headers: Memory;
  readonly #iovecs: Memory;
  readonly #controls: Memory;
  /** By train: where the iovec of its next datagram goes. */
  readonly #next: Uint16Array;

  constructor(libc: Libc, places: number) {
    this.#headers = new Memory(libc, places * MMSGHDR_BYTES);
    this.#iovecs = new Memory(libc, places * IOVEC_BYTES);
    this.#controls = new Memory(libc, places * CONTROL_BYTES);
    this.#next = new Uint16Array(places);
  }

  /** Address of the header of this train; those of the next ones follow. */
  headerAt(train: number): number {
    return this.#headers.address + train * MMSGHDR_BYTES;
  }

  /**
   * Writes the headers of all trains of `from..to`. `bytesAt`: address of the outbox's bytes; `names`, `controls`, `controlBytes`: what
   * is ready of each datagram; `nameLength`: of each name.
   */
  wire(
    trains: Trains,
    outbox: Outbox,
    from: number,
    to: number,
    bytesAt: number,
    names: Memory,
    nameLength: number,
    controls: Memory,
    controlBytes: Uint8Array,
  ): void {
    const { count, first, members, length } = trains;
    let next = 0;
    for (let train = 0; train < count; train++) {
      const i = first[train]!;
      this.#next[train] = next;
      const iovecAt = this.#iovecs.address + next * IOVEC_BYTES;
      rewireHeader(this.#headers, train, names.address + i * NAME_BYTES, nameLength, iovecAt, members[train]!);
      next += members[train]!;
      if (members[train] === 1) {
        const own = controlBytes[i]!;
        wireControl(this.#headers, train, own === 0 ? 0 : controls.address + i * CONTROL_BYTES, own);
        continue;
      }
      const w = (train * CONTROL_BYTES) >> 2;
      const from = (i * CONTROL_BYTES) >> 2;
      for (let k = 0; k < controlBytes[i]! >> 2; k++) this.#controls.words[w + k] = controls.words[from + k]!;
      const bytes = writeSegmentBytes(this.#controls.words, w, controlBytes[i]!, length[train]!);
      wireControl(this.#headers, train, this.#controls.address + train * CONTROL_BYTES, bytes);
    }
    for (let i = from; i < to; i++) {
      const start = outbox.start[i]!;
      wireIovec(this.#iovecs.words, this.#next[trains.trainOf[i]!]!++, bytesAt + start, outbox.end[i]! - start);
    }
  }
}
