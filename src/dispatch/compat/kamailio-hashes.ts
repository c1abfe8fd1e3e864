// Kamailio 0 to 3: the core hash modulo the size of the set, inactive destinations counted in, then linear probing.
import { KeySource } from "../types.ts";
import type { CompatAlgorithm } from "./compat-algorithm.ts";
import { selectFrom } from "./linear-probing.ts";

const DIFFERENCE = "A fallen destination's share goes to all others, not to its neighbour.";

function hashOf(number: number, key: KeySource, what: string, beside: string): CompatAlgorithm {
  return {
    name: `kamailio:${number}`,
    summary: `Hash of the ${what}.`,
    key,
    uses: ["order"],
    isPure: true,
    beside,
    difference: DIFFERENCE,
    compile: () => new Uint16Array(0),
    select: selectFrom,
  };
}

/** Algorithms 0 to 3. */
export const kamailioHashes: readonly CompatAlgorithm[] = [
  hashOf(0, KeySource.callId, "Call-ID", "hash-call-id"),
  hashOf(1, KeySource.from, "From URI", "hash-from"),
  hashOf(2, KeySource.to, "To URI", "hash-to"),
  hashOf(3, KeySource.requestUri, "request URI (user and host, whatever their documentation says)", "hash-request-uri"),
];
