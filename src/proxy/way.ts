// Which way a request went through request.ts: for people, after the fact. Asked of the context that handled it.
import { Header } from "../sip/header.ts";
import { Reason } from "../sip/reason.ts";
import { parseDecimal } from "../sip/scan.ts";
import type { Context } from "./context.ts";
import { judgeRequest } from "./judge.ts";
import { isLoop } from "./loops.ts";
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
  const breadth = message.valueStart[Header.maxBreadth]!;
  if (breadth >= 0 && parseDecimal(message.bytes, breadth, message.valueEnd[Header.maxBreadth]!, 0x7fffffff) === 0)
    return "max-breadth";
  if (ownRoute.token === TokenState.valid) return "record-route";
  if (ownRoute.token === TokenState.bad) return "foreign-record-route";
  if (ownRoute.flow !== TokenState.none) return "flow";
  return message.to.tagStart >= 0 && c.pool >= 0 ? "in-dialog-from-pool" : "routes";
}
