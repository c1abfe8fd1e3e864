// All that has the same key to one destination, whatever the key is made of.
import { compileHashSlots, selectByHash } from "../hash-slots.ts";
import { type Algorithm, KeySource } from "../types.ts";

/** Kamailio's algorithm 7; a request with an empty key goes by its Call-ID. */
export const hashKey: Algorithm = {
  name: "hash-key",
  summary: "Hash of what `key` says; where that is empty, of the Call-ID.",
  key: KeySource.none,
  keyElse: KeySource.callId,
  needsKey: true,
  kamailio: [7],
  uses: ["order"],
  isPure: true,
  compile: compileHashSlots,
  select: selectByHash,
};
