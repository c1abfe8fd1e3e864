// Kamailio 0 to 3: the core hash modulo the size of the set, inactive destinations counted in, then linear probing.
import { type DispatcherSet, KeySource, type Live } from "../types.ts";
import type { CompatAlgorithm } from "./compat-algorithm.ts";
import { selectTurn } from "./kamailio-turns.ts";
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

/** Algorithm 5. */
export const kamailioAuthUser: CompatAlgorithm = {
  name: "kamailio:5",
  summary: "Hash of the user name in Proxy-Authorization or Authorization; without one, each destination in turn.",
  key: KeySource.authUser,
  uses: ["order"],
  goesBy: "the turn, where there are no credentials",
  isPure: false,
  beside: "hash-auth-user",
  difference: `${DIFFERENCE} Without credentials the Call-ID decides, so that a call stays together.`,
  compile: () => new Uint16Array(0),
  select(set: DispatcherSet, key: number, live: Live, out: Uint16Array): number {
    return key === 0 ? selectTurn(set, key, live, out) : selectFrom(set, key, live, out);
  },
};

/** Algorithm 7. */
export const kamailioKey: CompatAlgorithm = {
  name: "kamailio:7",
  summary: "Hash of what `key` says (their `hash_pvar`); nobody where that is empty.",
  key: KeySource.none,
  needsKey: true,
  uses: ["order"],
  isPure: true,
  beside: "hash-key",
  difference: `${DIFFERENCE} With an empty key the Call-ID decides.`,
  compile: () => new Uint16Array(0),
  select(set: DispatcherSet, key: number, live: Live, out: Uint16Array): number {
    return key === 0 ? 0 : selectFrom(set, key, live, out);
  },
};

/** Algorithms 0 to 3. */
export const kamailioHashes: readonly CompatAlgorithm[] = [
  hashOf(0, KeySource.callId, "Call-ID", "hash-call-id"),
  hashOf(1, KeySource.from, "From URI", "hash-from"),
  hashOf(2, KeySource.to, "To URI", "hash-to"),
  hashOf(3, KeySource.requestUri, "request URI (user and host, whatever their documentation says)", "hash-request-uri"),
];
