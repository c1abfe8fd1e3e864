// All that one account does to one destination, whatever it calls itself in From.
import { compileHashSlots, selectByHash } from "../hash-slots.ts";
import { type Algorithm, KeySource } from "../types.ts";

/** Kamailio's algorithm 5; a request without credentials goes by its Call-ID. */
export const hashAuthUser: Algorithm = {
  name: "hash-auth-user",
  summary: "Hash of the user name in Proxy-Authorization or Authorization; without one, of the Call-ID.",
  key: KeySource.authUser,
  keyElse: KeySource.callId,
  kamailio: [5],
  uses: ["order"],
  // A CANCEL carries no credentials.
  isPure: false,
  compile: compileHashSlots,
  select: selectByHash,
};
