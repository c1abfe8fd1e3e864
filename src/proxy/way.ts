// Which way a request went through request.ts: for people, after the fact. Asked of the context that handled it.
import { Reason } from "../sip/reason.ts";
import type { Context } from "./context.ts";
import { maxBreadth } from "./fork.ts";
import { judgeRequest } from "./judge.ts";
import { isLoop } from "./loops.ts";
import { hasToken, isNeverOfDialog } from "./request.ts";
import { TokenState } from "./route-finding.ts";
import { isScanner } from "./scanners.ts";
import { isAllowed } from "./trust.ts";

/** The stations at which a request may leave the common way, in their order; `routes` is the end of it. */
export type Way =
  | "not-allowed"
  | "malformed"
  | "scanner"
  | "max-forwards"
  | "loop"
  | "max-breadth"
  | "record-route"
  | "foreign-record-route"
  | "flow"
  | "in-dialog-from-pool"
  | "routes";

/** The way of the request that `c` has just handled, if no transaction and no dialog of it was known. */
export function wayOf(c: Context): Way {
  const { message, ownRoute } = c;
  if (!isAllowed(c)) return "not-allowed";
  if (judgeRequest(c) !== Reason.ok) return "malformed";
  if (c.adopted.scanners !== null && c.pool < 0 && ownRoute.token !== TokenState.valid && isScanner(c))
    return "scanner";
  if (message.maxForwards === 0) return "max-forwards";
  if (isLoop(c)) return "loop";
  if (maxBreadth(message) === 0) return "max-breadth";
  if (hasToken(c)) return "record-route";
  if (ownRoute.token === TokenState.bad) return "foreign-record-route";
  if (ownRoute.flow !== TokenState.none) return "flow";
  return message.to.tagStart >= 0 && c.pool >= 0 && !isNeverOfDialog(message.method) ? "in-dialog-from-pool" : "routes";
}
