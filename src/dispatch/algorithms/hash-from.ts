// All that one caller does to one destination.
import { compileHashSlots, selectByHash } from "../hash-slots.ts";
import { type Algorithm, KeySource } from "../types.ts";

/** Kamailio's algorithm 1; the key is the core hash of the From URI's user and host. */
export const hashFrom: Algorithm = {
  name: "hash-from",
  summary: "Hash of the From URI: a caller always reaches the same destination.",
  key: KeySource.from,
  keyElse: KeySource.callId,
  kamailio: [1],
  uses: ["order"],
  isPure: true,
  compile: compileHashSlots,
  select: selectByHash,
};
