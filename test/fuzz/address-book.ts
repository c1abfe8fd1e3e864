// Who may be sent something: the neighbours that the configuration names, and those who wrote first.
import { ENDPOINT_WORDS, isV4 } from "../../src/net/endpoint.ts";

const PORTS = 65_536;

/** Addresses, with and without their ports. */
export class AddressBook {
  readonly #addresses: Set<number | string> = new Set();
  readonly #endpoints: Set<number | string> = new Set();

  add(words: Int32Array, at: number): void {
    const address = key(words, at);
    this.#addresses.add(address);
    this.#endpoints.add(withPort(address, words[at + 4]!));
  }

  hasAddress(words: Int32Array, at: number): boolean {
    return this.#addresses.has(key(words, at));
  }

  hasEndpoint(words: Int32Array, at: number): boolean {
    return this.#endpoints.has(withPort(key(words, at), words[at + 4]!));
  }
}

function key(words: Int32Array, at: number): number | string {
  return isV4(words, at) ? words[at + 3]! >>> 0 : words.subarray(at, at + ENDPOINT_WORDS - 2).join();
}

function withPort(address: number | string, port: number): number | string {
  return typeof address === "number" ? address * PORTS + port : `${address},${port}`;
}
