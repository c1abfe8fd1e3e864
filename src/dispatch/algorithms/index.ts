// The algorithms: one file and one line each. Validation, help, reference pages and the contract suite read this array.
import type { Algorithm } from "../types.ts";
import { callLoad } from "./call-load.ts";
import { consistentHash } from "./consistent-hash.ts";
import { hashCallId } from "./hash-call-id.ts";
import { hashFrom } from "./hash-from.ts";
import { hashRequestUri } from "./hash-request-uri.ts";
import { hashTo } from "./hash-to.ts";
import { priority } from "./priority.ts";
import { random } from "./random.ts";
import { roundRobin } from "./round-robin.ts";
import { weighted } from "./weighted.ts";

/** Every algorithm there is, in the order of the reference page. */
export const ALGORITHMS: readonly Algorithm[] = [
  roundRobin,
  weighted,
  random,
  priority,
  callLoad,
  hashCallId,
  hashFrom,
  hashTo,
  hashRequestUri,
  consistentHash,
];

/** The algorithm of this name, if there is one. */
export function algorithmByName(name: string): Algorithm | undefined {
  return ALGORITHMS.find((algorithm) => algorithm.name === name);
}

/** The algorithm that does what Kamailio's dispatcher does under this number, if there is one. */
export function algorithmByKamailioNumber(number: number): Algorithm | undefined {
  return ALGORITHMS.find((algorithm) => algorithm.kamailio === number);
}
