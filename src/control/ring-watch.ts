// When main looks into its rings: every few milliseconds while something comes. Where nothing does, it rests, and the worker that
// has something for it rings; a main that looks all the time takes a hundredth of a core for nothing.
import { ControlWord } from "../bridge/worker-start.ts";
import { ControlBlocks } from "./control-words.ts";
import type { MainRings } from "./main-rings.ts";
import type { SharedMemory } from "./shared-memory.ts";

/** Milliseconds between two looks. */
const LOOK = 15;
/** Looks that find nothing, one after the other, until main rests. */
const QUIET_LOOKS = 4;
/** Milliseconds between two looks of a main that rests: a worker may have died between writing and ringing. */
const REST = 250;

/** Looks into the rings. */
export class RingWatch {
  readonly #rings: MainRings;
  readonly #control: ControlBlocks;
  #timer: NodeJS.Timeout | null = null;
  #isStarted = false;
  #isDraining = false;
  #quiet = 0;

  constructor(rings: MainRings, memory: SharedMemory) {
    this.#rings = rings;
    this.#control = new ControlBlocks(memory.control);
  }

  /** Looks by itself from now on, until `stop`. */
  start(): void {
    this.#isStarted = true;
    this.look();
  }

  /** Ends it: nobody looks into the rings any more. */
  stop(): void {
    this.#isStarted = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** Takes what there is: a worker has rung, or it is time. Portion by portion: between two of them the event loop has its turn. */
  look(): void {
    if (this.#isDraining) return;
    this.#quiet = this.#rings.isEmpty ? this.#quiet + 1 : 0;
    this.#isDraining = this.#rings.drain();
    if (this.#isDraining)
      setImmediate(() => {
        this.#isDraining = false;
        this.look();
      });
    else if (this.#isStarted) this.#lookAgain();
  }

  #lookAgain(): void {
    const rests = this.#quiet >= QUIET_LOOKS;
    if (rests) {
      for (let worker = 0; worker < this.#control.workers; worker++)
        this.#control.write(worker, ControlWord.mainRests, 1);
      // What was put there just before that did not ring.
      if (!this.#rings.isEmpty) this.#quiet = 0;
    }
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.look(), rests && this.#quiet > 0 ? REST : LOOK);
  }
}
