// The control blocks, as main reads and writes them.
import { CONTROL_WORDS, ControlWord } from "../bridge/worker-start.ts";

type Word = (typeof ControlWord)[keyof typeof ControlWord];

/** All workers' control blocks. */
export class ControlBlocks {
  readonly #words: Int32Array;
  readonly workers: number;
  /** Flows that workers kept open when they died; nobody keeps them any more. */
  lostFlows = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.workers = this.#words.length / CONTROL_WORDS;
  }

  /** A word of a worker's block. */
  read(worker: number, word: Word): number {
    return Atomics.load(this.#words, worker * CONTROL_WORDS + word);
  }

  /** Sets it. */
  write(worker: number, word: Word, value: number): void {
    Atomics.store(this.#words, worker * CONTROL_WORDS + word, value);
  }

  /** Before a worker starts or after it died: nothing that it said is true any more, but in whose algorithms workers were lost. */
  clear(worker: number): void {
    this.lostFlows += this.read(worker, ControlWord.keptFlows);
    for (const word of Object.values(ControlWord)) if (word !== ControlWord.choosing) this.write(worker, word, 0);
  }

  /** The oldest generation that any worker works with. A worker that is not there counts as 0. */
  oldestAdopted(): number {
    let oldest = 0x7fffffff;
    for (let worker = 0; worker < this.workers; worker++) {
      oldest = Math.min(oldest, this.read(worker, ControlWord.adopted));
    }
    return oldest;
  }
}
