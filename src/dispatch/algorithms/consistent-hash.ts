// Calls keep their destination when others come and go: a Maglev ring.
import { compileRing } from "../maglev-ring.ts";
import { walkRing } from "../ring-walk.ts";
import { type Algorithm, type DispatcherSet, KeySource, type Live } from "../types.ts";

/** Hash of the Call-ID on a weighted ring. The ring depends on URIs, names and weights, never on the order in the file. */
export const consistentHash: Algorithm = {
  name: "consistent-hash",
  summary: "Hash of the Call-ID on a weighted ring: few calls move when a destination comes or goes.",
  key: KeySource.callId,
  keyElse: KeySource.callId,
  uses: ["weight"],
  isPure: true,
  compile: compileRing,
  select(set: DispatcherSet, key: number, live: Live, out: Uint16Array): number {
    return walkRing(set, key, live, out, false);
  },
};
