// All that is addressed to one URI to one destination.
import { compileHashSlots, selectByHash } from "../hash-slots.ts";
import { type Algorithm, KeySource } from "../types.ts";

/** Kamailio's algorithm 3; the key is the core hash of the request URI's user and host. */
export const hashRequestUri: Algorithm = {
  name: "hash-request-uri",
  summary: "Hash of the request URI: requests to one address reach the same destination.",
  key: KeySource.requestUri,
  keyElse: KeySource.callId,
  kamailio: [3],
  uses: ["order"],
  isPure: true,
  compile: compileHashSlots,
  select: selectByHash,
};
