// What a route of tests does.
import type { DispatchAction } from "../bridge/route-entry.ts";

/** To the first set, without transactions. */
export const WITHOUT_TRANSACTIONS: DispatchAction = {
  kind: "dispatch",
  set: 0,
  others: [],
  treatment: null,
  noDestination: null,
  key: -1,
  resources: 0,
  stateful: false,
  path: "supported",
};
