// The algorithms: one file and one line each. Validation, help, reference pages and the contract suite read this array.
import { COMPAT } from "../compat/index.ts";
import type { Algorithm } from "../types.ts";
import { callLoad } from "./call-load.ts";
import { consistentHash } from "./consistent-hash.ts";
import { consistentHashBounded } from "./consistent-hash-bounded.ts";
import { fastest } from "./fastest.ts";
import { hashAuthUser } from "./hash-auth-user.ts";
import { hashCallId } from "./hash-call-id.ts";
import { hashFrom } from "./hash-from.ts";
import { hashKey } from "./hash-key.ts";
import { hashRequestUri } from "./hash-request-uri.ts";
import { hashTo } from "./hash-to.ts";
import { loadBalancer } from "./load-balancer.ts";
import { parallel } from "./parallel.ts";
import { priority } from "./priority.ts";
import { priorityWeighted } from "./priority-weighted.ts";
import { random } from "./random.ts";
import { rendezvousHash } from "./rendezvous-hash.ts";
import { roundRobin } from "./round-robin.ts";
import { twoChoices } from "./two-choices.ts";
import { weighted } from "./weighted.ts";

/** Our own algorithms, in the order of the reference page. Those of others are in compat/index.ts. */
export const ALGORITHMS: readonly Algorithm[] = [
  roundRobin,
  weighted,
  random,
  priority,
  priorityWeighted,
  parallel,
  callLoad,
  loadBalancer,
  twoChoices,
  fastest,
  hashCallId,
  hashFrom,
  hashTo,
  hashRequestUri,
  hashAuthUser,
  hashKey,
  consistentHash,
  consistentHashBounded,
  rendezvousHash,
];

/** The algorithm of this name, ours or a `compat` one; undefined where there is none. */
export function algorithmByName(name: string): Algorithm | undefined {
  return ALGORITHMS.find((algorithm) => algorithm.name === name) ?? COMPAT.find((algorithm) => algorithm.name === name);
}

/** Our answer to what Kamailio's dispatcher does under this number, if there is one. */
export function algorithmByKamailioNumber(number: number): Algorithm | undefined {
  return ALGORITHMS.find((algorithm) => algorithm.kamailio?.includes(number));
}
