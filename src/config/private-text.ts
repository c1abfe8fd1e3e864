// A text that must reach OpenSSL as it is and nobody else: logs, JSON and inspection show where it came from.
import { inspect } from "node:util";

/** A private key or a passphrase. */
export class PrivateText {
  readonly origin: string;
  readonly #text: string;

  constructor(text: string, origin: string) {
    this.origin = origin;
    this.#text = text;
  }

  /** The text itself. */
  reveal(): string {
    return this.#text;
  }

  /** Where it came from, never what it is. */
  toJSON(): string {
    return `[secret from ${this.origin}]`;
  }

  [inspect.custom](): string {
    return this.toJSON();
  }
}
