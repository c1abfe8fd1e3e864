// Everything about one call to one destination, without remembering the call.
import { compileHashSlots, selectByHash } from "../hash-slots.ts";
import { type Algorithm, KeySource } from "../types.ts";

/** Kamailio's algorithm 0; the key is the core hash of the Call-ID. */
export const hashCallId: Algorithm = {
  name: "hash-call-id",
  summary: "Hash of the Call-ID: all requests of a call reach the same destination.",
  key: KeySource.callId,
  keyElse: KeySource.callId,
  kamailio: [0],
  uses: ["order"],
  isPure: true,
  compile: compileHashSlots,
  select: selectByHash,
};
