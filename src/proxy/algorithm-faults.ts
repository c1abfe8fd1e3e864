// A user's algorithm failed, and the call went by another one: counted each time, told once for each set and configuration, because a
// module that fails at all fails at every call.
import { type Counters, counterIndex } from "../bridge/counters.ts";
import { RecordKind, type Ring } from "../bridge/handoff.ts";

const COUNTER = counterIndex("algorithm_faults");
const nobody = new Int32Array(6);

/** What became of the algorithms of one worker. */
export class AlgorithmFaults {
  readonly #counters: Counters;
  readonly #toMain: Ring;
  readonly #told: Set<string> = new Set();

  constructor(counters: Counters, toMain: Ring) {
    this.#counters = counters;
    this.#toMain = toMain;
  }

  /** Another configuration is in force. */
  renew(): void {
    this.#told.clear();
  }

  /** Counts; a full ring loses the text. */
  note(set: string, algorithm: string, what: string): void {
    this.#counters.add(COUNTER);
    if (this.#told.has(set)) return;
    this.#told.add(set);
    const message = `set ${set}: ${algorithm} failed; such calls go by hash, or by chance where it has no key: ${what}`;
    const text = Buffer.from(JSON.stringify({ level: "error", message, set, algorithm }));
    this.#toMain.push(RecordKind.log, 0, 0, nobody, 0, nobody, 0, text, 0, text.length);
  }
}
