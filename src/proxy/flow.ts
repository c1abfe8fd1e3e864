// What comes for a registered phone with our Path as its Route goes over the flow that the phone registered by (RFC 5626
// 5.3): from where it was heard, to where it spoke, over a stream by that very connection, and nowhere else.
import { copyEndpoint } from "../net/endpoint.ts";
import { type Context, Count } from "./context.ts";
import { isAlive } from "./flow-token.ts";
import { TokenState } from "./route-finding.ts";
import { isTrusted } from "./trust.ts";

/**
 * Sets `c.target`, `c.targetSlot` and `c.outgoing` from the flow that was found in the request at hand. Returns 0, 403 for
 * a token that does not verify or a sender who should not have one, 430 for a flow that is no more.
 */
export function followFlow(c: Context): number {
  // A token passes through registrars, answers and logs: for strangers a good one is worth no more than a forged one.
  if (c.ownRoute.flow !== TokenState.valid || !isTrusted(c)) {
    c.count(Count.rejected_flow_forbidden);
    return 403;
  }
  if (!isAlive(c)) {
    c.count(Count.rejected_flow_failed);
    return 430;
  }
  copyEndpoint(c.flow.endpoint, 0, c.target, 0);
  c.targetSlot = -1;
  c.outgoing = c.flow.listener;
  c.count(Count.flows_followed);
  return 0;
}
