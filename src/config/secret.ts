// A secret that cannot be printed by accident: logs, JSON and inspection show where it came from, never what it is.
import { createHash } from "node:crypto";
import { inspect } from "node:util";

/** One key. Two balancers with the same text have the same bytes. */
export class Secret {
  /** Where it came from: `file /etc/fairlead/key`, `environment variable KEY`, `configuration`. */
  readonly origin: string;
  readonly #bytes: Uint8Array;

  constructor(text: string, origin: string) {
    this.origin = origin;
    this.#bytes = new Uint8Array(createHash("sha256").update(text, "utf8").digest().subarray(0, 16));
  }

  /** The 16 bytes of the key (bridge/snapshot.ts Key): the front of the text's SHA-256. A copy. */
  bytes(): Uint8Array {
    return this.#bytes.slice();
  }

  /** Where it came from, never what it is. */
  toJSON(): string {
    return `[secret from ${this.origin}]`;
  }

  [inspect.custom](): string {
    return this.toJSON();
  }
}
