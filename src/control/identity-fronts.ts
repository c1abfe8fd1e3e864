// Hashes of the texts that destinations are known by, remembered from one configuration to the next: ten thousand of them take
// as long as all else about placing.
import { hash } from "node:crypto";

/** Fronts of SHA-256 as 32-bit words: the same on every balancer and after every restart. Those of the configuration before are not made again. */
export class IdentityFronts {
  #before: ReadonlyMap<string, number> = new Map();
  #now = new Map<string, number>();

  /** Another configuration begins; what it does not ask for is forgotten at the next one. */
  begin(): void {
    this.#before = this.#now;
    this.#now = new Map();
  }

  /** The front of a text's hash. */
  of(text: string): number {
    const front = this.#before.get(text) ?? frontOf(text);
    this.#now.set(text, front);
    return front;
  }
}

function frontOf(text: string): number {
  // As text: a buffer for each of ten thousand takes three times as long.
  const front = hash("sha256", text, "latin1");
  return front.charCodeAt(0) | (front.charCodeAt(1) << 8) | (front.charCodeAt(2) << 16) | (front.charCodeAt(3) << 24);
}
