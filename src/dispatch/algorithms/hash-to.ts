// All that one callee is asked for to one destination (registrations, for example).
import { compileHashSlots, selectByHash } from "../hash-slots.ts";
import { type Algorithm, KeySource } from "../types.ts";

/** Kamailio's algorithm 2; the key is the core hash of the To URI's user and host. */
export const hashTo: Algorithm = {
  name: "hash-to",
  summary: "Hash of the To URI: requests for one callee reach the same destination.",
  key: KeySource.to,
  keyElse: KeySource.callId,
  kamailio: [2],
  uses: ["order"],
  isPure: true,
  compile: compileHashSlots,
  select: selectByHash,
};
