// Names by which tools that look for open servers give themselves away, as patterns over User-Agent.
import { ascii } from "../sip/scan.ts";
import { matches } from "./pattern.ts";

const STAR = 0x2a;

/** Patterns over User-Agent. */
export class Scanners {
  readonly #patterns: readonly Uint8Array[];
  /** 1 for every byte, in either case, with which a match may begin: most names are no scanner's by their first letter. */
  readonly #starts: Uint8Array = new Uint8Array(256);

  constructor(patterns: readonly string[]) {
    this.#patterns = patterns.map((pattern) => ascii(pattern.toLowerCase()));
    for (const pattern of this.#patterns) {
      const first = pattern[0]!;
      if (first === STAR) this.#starts.fill(1);
      this.#starts[first] = 1;
      if (first >= 0x61 && first <= 0x7a) this.#starts[first - 0x20] = 1;
    }
  }

  /** Whether the value `bytes[start..end)` is a scanner's. */
  names(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#starts[bytes[start]!] === 0) return false;
    for (let i = 0; i < this.#patterns.length; i++)
      if (matches(this.#patterns[i]!, bytes, start, end, true)) return true;
    return false;
  }
}
